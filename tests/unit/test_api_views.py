"""Pools, blocks, payments and miners as /api/v1 shows them."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec

from nompcore.requests import PageRequest
from services.api.state.live import LiveState
from services.api.views import row_views
from services.api.views.pool_views import TOP_WORKERS, PoolViews, top_workers
from services.api.views.row_pages import block_page
from tests.unit import api_samples as samples

PAGE = PageRequest(offset=0, limit=50)


def views(**pool_changes: Any) -> PoolViews:
    pool = dataclasses.replace(samples.pool_config(), **pool_changes)
    state = LiveState([samples.POOL], interval_seconds=15, retention_seconds=3600)
    return PoolViews({samples.POOL: pool}, "pool.example", state)


def heard(**pool_changes: Any) -> PoolViews:
    heard = views(**pool_changes)
    heard.state.pools[samples.POOL].pool = samples.pool_snapshot()
    heard.state.pools[samples.POOL].network = samples.network_snapshot()
    heard.state.hear(samples.replica_stats(), samples.NOW_MS)
    return heard


def test_a_pool_nothing_is_known_of_is_zeros_and_nulls_and_stale() -> None:
    pool = views().summary(samples.POOL, samples.NOW_MS)

    assert (pool.hashrate, pool.miners, pool.network, pool.updated) == (0, 0, None, None)
    assert pool.stale
    assert pool.round.effort_percent is None
    assert pool.payments.state == "unknown"


def test_effort_is_the_rounds_work_in_percent_of_a_block() -> None:
    pool = heard().summary(samples.POOL, samples.NOW_MS)

    assert pool.round.effort_percent == 25.0


def test_the_networks_difficulty_comes_as_daemons_say_it_and_in_the_unit_of_shares() -> None:
    network = heard().summary(samples.POOL, samples.NOW_MS).network

    assert network is not None
    assert (network.difficulty, network.share_difficulty) == (2307.0, 2307.0 * 65536)


def test_amounts_come_as_integers_and_as_exact_text() -> None:
    pool = heard().summary(samples.POOL, samples.NOW_MS)

    assert pool.paid.model_dump() == {"sats": 7_506_250_000, "coins": "75.06250000"}
    assert pool.payments.minimum is not None
    assert pool.payments.minimum.coins == "0.00100000"
    assert pool.payments.fee_percent == "1.5"


def test_a_pool_that_does_not_pay_says_so() -> None:
    pool = heard(payments=None).summary(samples.POOL, samples.NOW_MS)

    assert pool.payments.state == "disabled"
    assert pool.payments.minimum is None


def test_ports_tell_what_a_miner_program_wants_to_know() -> None:
    ports = heard().summary(samples.POOL, samples.NOW_MS).ports

    assert [port.url for port in ports] == [
        "stratum+tcp://pool.example:3032",
        "stratum+tcp://pool.example:3256",
    ]
    assert [port.variable_difficulty for port in ports] == [True, False]


def test_a_port_tells_its_own_scheme_or_the_pools() -> None:
    config = samples.pool_config()
    first, second = sorted(config.ports)
    ports = {first: config.ports[first].model_copy(update={"scheme": "solo"}), second: config.ports[second]}
    pool = heard(ports=ports).summary(samples.POOL, samples.NOW_MS)

    assert [port.scheme for port in pool.ports] == ["solo", "prop"]
    assert pool.payments.scheme == "prop"
    assert heard(payments=None).summary(samples.POOL, samples.NOW_MS).ports[0].scheme is None


def test_daemons_are_counted_and_never_named() -> None:
    pool = heard().detail(samples.POOL, samples.NOW_MS)

    assert pool.network is not None
    assert (pool.network.daemons, pool.network.daemons_ok) == (2, 1)
    assert pool.network.daemon_states == ["ok", "unreachable"]
    assert "10.1.2" not in pool.model_dump_json()


def test_an_old_network_snapshot_is_flagged_beside_a_fresh_pool() -> None:
    pool = heard()
    pool.state.pools[samples.POOL].network = samples.network_snapshot(time_ms=samples.NOW_MS - 60_000)
    summary = pool.summary(samples.POOL, samples.NOW_MS)

    assert summary.network is not None
    assert (summary.network.stale, summary.stale) == (True, False)


def test_replicas_show_their_refused_shares_in_sum() -> None:
    (replica,) = heard().detail(samples.POOL, samples.NOW_MS).replicas

    assert (replica.name, replica.connections, replica.rejected) == ("host-1", 12, 3)


def test_the_strongest_workers_come_first_and_few() -> None:
    live = views().state.pools[samples.POOL]
    names = [f"w{number}" for number in range(50)]
    live.pool = samples.pool_snapshot(
        workers=[samples.worker(name, float(rank), 0, 0, 0) for rank, name in enumerate(names)]
    )

    assert [worker.worker for worker in top_workers(live)] == names[::-1][:TOP_WORKERS]


def test_blocks_lead_to_the_explorer_of_the_main_network_only() -> None:
    main = row_views.block(samples.block_row(), samples.pool_config("main"))
    regtest = row_views.block(samples.block_row(), samples.pool_config("regtest"))

    assert main.url == f"https://litecoinspace.org/block/{samples.BLOCK_HASH}"
    assert regtest.url is None
    assert (main.confirmations, main.confirmations_needed) == (22, 100)


def test_a_page_of_blocks_says_what_was_asked_and_how_many_there_are() -> None:
    page = block_page(samples.blocks_reply(), PAGE, samples.pool_config(), [], "/blocks")

    assert (page.total, page.offset, page.limit, len(page.blocks)) == (7, 0, 50, 1)


def test_a_payments_outputs_sum_to_its_total_and_the_largest_is_first() -> None:
    payment = row_views.payment(samples.payment_row(), samples.pool_config())

    assert sum(output.amount.sats for output in payment.outputs) == payment.total.sats
    assert payment.outputs[0].address == samples.ADDRESS


def test_a_payment_not_yet_signed_has_no_txid_and_no_link() -> None:
    payment = row_views.payment(samples.payment_row(txid_display="", state="intent"), samples.pool_config())

    assert (payment.txid, payment.url) == (None, None)


def test_a_miners_workers_show_as_much_of_their_ip_as_is_published() -> None:
    shown = {
        mode: row_views.miner(samples.miner_reply(), samples.pool_config(), mode).workers[0].ip
        for mode in ("full", "masked", "hidden")
    }

    assert shown == {"full": "203.0.113.77", "masked": "203.0.113.x", "hidden": ""}


def test_a_block_tells_how_much_work_it_took() -> None:
    took = row_views.block(samples.block_row(effort=0.5, network_difficulty=512.0), samples.pool_config())
    unknown = row_views.block(samples.block_row(effort=0.0, network_difficulty=0.0), samples.pool_config())

    assert (took.effort_percent, took.network_difficulty) == (50, 512)
    assert (unknown.effort_percent, unknown.network_difficulty) == (None, None)


def test_a_miner_is_told_from_which_balance_on_it_is_paid() -> None:
    pool = samples.pool_config()
    assert pool.payments is not None
    least_sats = pool.payments.minimum_payment_sats
    for asked_sats, shown_sats in ((0, least_sats), (1, least_sats), (least_sats + 1, least_sats + 1)):
        reply = msgspec.structs.replace(samples.miner_reply(), minimum_sats=asked_sats)
        miner = row_views.miner(reply, pool, "masked")
        assert miner.minimum is not None
        assert miner.minimum.sats == shown_sats
    unpaid = row_views.miner(samples.miner_reply(), dataclasses.replace(pool, payments=None), "masked")
    assert unpaid.minimum is None


def test_a_miner_is_told_why_nothing_is_sent_to_it() -> None:
    refused = msgspec.structs.replace(samples.miner_reply(), held_back="Invalid address")

    assert row_views.miner(refused, samples.pool_config(), "masked").held_back == "Invalid address"
    assert row_views.miner(samples.miner_reply(), samples.pool_config(), "masked").held_back is None


def test_a_miner_shows_balances_to_the_last_unit() -> None:
    miner = row_views.miner(samples.miner_reply(), samples.pool_config(), "masked")

    assert miner.balance.coins == "1.50000000"
    assert miner.immature.coins == "0.00000001"
    assert miner.paid.coins == "2.00000001"
    assert miner.hashrate_text == "1.50 MH/s"
