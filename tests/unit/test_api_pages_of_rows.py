"""Pages, luck, next payments and exports: what /api/v1 makes of rows."""

from __future__ import annotations

import csv
import dataclasses
import io

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.requests import BlockRow, MinerReply, PageRequest
from services.api.serving.entity_tags import entity_tag, matches
from services.api.state.active_lists import ActiveLists
from services.api.state.live import LiveState
from services.api.views.history_views import history_of
from services.api.views.luck import lucks
from services.api.views.miner_figures import next_payment, payments_total, shares
from services.api.views.miner_views import active_miners, address_of
from services.api.views.page_links import link_header, page_links
from services.api.views.payments_csv import csv_head, csv_rows
from tests.unit import api_samples as samples

# ---- pages ----


def test_a_page_in_the_middle_has_neighbours() -> None:
    links = page_links("/api/v1/x", PageRequest(offset=50, limit=50), 170)

    assert links.model_dump() == {
        "self": "/api/v1/x?offset=50&limit=50",
        "first": "/api/v1/x?offset=0&limit=50",
        "previous": "/api/v1/x?offset=0&limit=50",
        "next": "/api/v1/x?offset=100&limit=50",
        "last": "/api/v1/x?offset=150&limit=50",
    }
    assert link_header(links) == (
        '</api/v1/x?offset=0&limit=50>; rel="first", </api/v1/x?offset=0&limit=50>; rel="prev", '
        '</api/v1/x?offset=100&limit=50>; rel="next", </api/v1/x?offset=150&limit=50>; rel="last"'
    )


def test_an_empty_list_is_one_page() -> None:
    links = page_links("/x", PageRequest(offset=0, limit=10), 0)

    assert (links.previous, links.next, links.last) == (None, None, links.first)


def offset_in(url: str) -> int:
    return int(url.split("offset=")[1].split("&", maxsplit=1)[0])


@given(st.integers(0, 500), st.integers(1, 200), st.integers(0, 2000))
def test_following_next_shows_every_row_once(start: int, limit: int, total: int) -> None:
    offset = start % limit
    seen: list[int] = []
    for _ in range(total + 2):
        seen += range(offset, min(offset + limit, total))
        links = page_links("/x", PageRequest(offset=offset, limit=limit), total)
        assert offset_in(links.last) <= max(0, total - 1)
        if links.next is None:
            break
        offset = offset_in(links.next)

    assert seen == list(range(start % limit, total))


# ---- luck ----


def efforts(*values: float) -> list[BlockRow]:
    return [samples.block_row(effort=value) for value in values]


def test_luck_is_the_work_blocks_take_on_average_over_the_work_they_took() -> None:
    short, long = lucks(efforts(0.5, 0.5) + efforts(*[2.0] * 40))

    assert (short.last, short.blocks, long.last, long.blocks) == (16, 16, 64, 42)
    assert short.percent == pytest.approx(1600 / 29)
    assert long.percent == pytest.approx(4200 / 81)


def test_blocks_that_were_none_or_took_nobody_knows_what_do_not_count() -> None:
    rows = [samples.block_row(effort=0.0), samples.block_row(effort=9.0, status="rejected"), *efforts(1.0)]

    assert [(luck.blocks, luck.percent) for luck in lucks(rows)] == [(1, 100.0)] * 2
    assert lucks([])[0].percent is None


# ---- miners ----


def reply(**changes: object) -> MinerReply:
    return msgspec.structs.replace(samples.miner_reply(), **changes)


def test_a_balance_above_the_minimum_is_paid_next_time() -> None:
    payment = next_payment(reply(balance_sats=100_000), samples.pool_config(), "running")

    assert payment is not None
    assert (payment.amount.sats, payment.missing.sats, payment.within_seconds) == (100_000, 0, 30)


def test_a_balance_below_the_minimum_is_told_what_it_lacks() -> None:
    payment = next_payment(reply(balance_sats=99_999), samples.pool_config(), "running")

    assert payment is not None
    assert (payment.amount.sats, payment.missing.sats) == (0, 1)


@pytest.mark.parametrize("state", ["paused: repair", "stopped: audit", "unknown"])
def test_while_payments_do_not_run_nobody_says_when(state: str) -> None:
    payment = next_payment(reply(), samples.pool_config(), state)

    assert payment is not None
    assert payment.within_seconds is None


def test_what_is_held_back_is_not_paid_and_a_pool_that_does_not_pay_says_nothing() -> None:
    held = next_payment(reply(held_back="Invalid address"), samples.pool_config(), "running")

    assert held is not None
    assert held.amount.sats == 0
    assert next_payment(reply(), dataclasses.replace(samples.pool_config(), payments=None), "running") is None


def test_shares_of_all_workers_are_added_by_their_reason() -> None:
    (worker,) = samples.miner_reply().workers
    other = msgspec.structs.replace(worker, valid=1, invalid={"stale": 1, "low-difficulty": 4})

    told = shares(reply(workers=[worker, other]))

    assert (told.valid, told.invalid) == (1001, 8)
    assert told.invalid_by_reason == {"duplicate": 1, "low-difficulty": 4, "stale": 3}


def test_a_payouts_without_pages_tells_all_it_shows() -> None:
    assert payments_total(reply(payments_total=0)) == 1
    assert payments_total(reply(payments_total=101)) == 101


def test_miners_are_workers_of_one_address_the_strongest_first() -> None:
    rows = [
        samples.worker("b.1", 5.0, 1.0, 2, 0),
        samples.worker("a", 3.0, 1.0, 2, 0),
        samples.worker("a.2", 4.0, 1.5, 3, 1),
        samples.worker("a.gone", 0.0, 1.0, 0, 0),
    ]
    miners = active_miners(samples.pool_snapshot(workers=rows))

    assert [(miner.address, miner.hashrate, miner.workers) for miner in miners] == [
        ("a", 7.0, 2),
        ("b", 5.0, 1),
    ]
    assert (miners[0].valid, miners[0].invalid, miners[0].round_difficulty) == (5, 1, 3.5)
    assert active_miners(None) == []
    assert address_of("a.b.c") == "a"


def test_who_is_at_work_is_sorted_once_a_gathering() -> None:
    state = LiveState([samples.POOL], interval_seconds=15, retention_seconds=3600)
    lists = ActiveLists(state)
    state.pools[samples.POOL].pool = samples.pool_snapshot()
    before = lists.of(samples.POOL)
    assert lists.of(samples.POOL) is before
    assert [worker.worker for worker in before.workers][:2] == ["LaddressOne.rig1", samples.HOSTILE_WORKER]

    state.pools[samples.POOL].pool = None
    state.gathered(1)
    assert (lists.of(samples.POOL).miners, lists.of(samples.POOL).workers) == ([], [])


# ---- exports ----


def test_an_export_is_read_back_by_a_csv_reader() -> None:
    text = csv_head() + csv_rows(samples.miner_reply().payments, samples.pool_config())

    (row,) = csv.DictReader(io.StringIO(text))
    assert row == {
        "time": "2025-11-24T15:59:00+00:00",
        "amount": "2.00000001",
        "symbol": "LTC",
        "state": "confirmed",
        "txid": samples.TXID,
        "payment_id": "p-1",
    }


# ---- history ----


def test_history_is_cut_and_averaged() -> None:
    points = [samples.history_point(100 - age, hashrate=float(age), workers=age) for age in range(100)]

    whole, few = history_of(points, 0, 1000).points, history_of(points, points[50].time_ms, 10).points

    assert len(whole) == 100
    assert [point.hashrate for point in few] == [52.0 + 5 * number for number in range(10)]
    assert history_of([], 0, 10).points == []


# ---- tags ----


def test_a_tag_is_matched_alone_in_a_list_and_weakly() -> None:
    tag = entity_tag(b"{}")

    assert all(matches(wanted, tag) for wanted in (tag, f'"x", {tag}', f"W/{tag}", "*"))
    assert not any(matches(wanted, tag) for wanted in ("", '"x"', tag.strip('"')))
    assert entity_tag(b"{ }") != tag
