"""The objects that clients of z-nomp and its descendants read."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.requests import MinerReply
from services.api.nomp.nomp_fork_shapes import (
    MinerInPool,
    block_text,
    fork_blocks,
    fork_payments,
    worker_stats_of,
)
from services.api.nomp.nomp_forks_api import asked_address
from services.api.views.block_time import seconds_to_block
from tests.unit import api_samples as samples
from tests.unit.chain_samples import coin

LITECOIN = coin("litecoin.json")


def in_pool(**changes: object) -> MinerInPool:
    reply = msgspec.structs.replace(samples.miner_reply(), **changes)
    return MinerInPool(LITECOIN, samples.network_snapshot(), reply)


def test_a_block_is_a_text_that_forks_split_at_its_colons() -> None:
    row = samples.block_row(worker="ecash:qaddress.rig", coinbase_txid_display=samples.TXID)

    parts = block_text(row).split(":")

    assert parts == [
        samples.BLOCK_HASH,
        samples.TXID,
        "2950100",
        "qaddress.rig",
        str(samples.NOW_MS - 3_600_000),
    ]


def test_blocks_are_named_by_pool_and_height_and_dead_ones_are_left_out() -> None:
    rows = [
        samples.block_row(height=number, status=status)
        for number, status in enumerate(("submitted", "pending", "confirmed", "orphaned", "rejected"))
    ]

    assert set(fork_blocks({"p": "litecoin"}, {"p": rows})) == {"litecoin-0", "litecoin-1", "litecoin-2"}


def test_payments_that_are_not_sent_are_left_out() -> None:
    rows = [samples.payment_row(state=state) for state in ("intent", "signed", "stuck", "returned")]

    assert fork_payments(LITECOIN, "litecoin", [], rows)["payments"] == []
    assert (
        len(fork_payments(LITECOIN, "litecoin", [], [samples.payment_row(state="broadcast")])["payments"])
        == 1
    )


def test_only_blocks_that_wait_are_pending_and_their_depth_is_text_as_in_redis() -> None:
    rows = [samples.block_row(), samples.block_row(height=1, status="confirmed")]
    pending = fork_payments(LITECOIN, "litecoin", rows, [])["pending"]

    assert len(pending["blocks"]) == 1
    assert pending["confirms"] == {samples.BLOCK_HASH: "22"}


def test_a_miner_has_the_fields_and_types_of_the_forks() -> None:
    stats = worker_stats_of(samples.ADDRESS, [in_pool()], samples.NOW_MS)

    assert stats == samples.nomp_vector("nomp_fork_worker_stats.json")


def test_a_miner_of_two_pools_is_their_sum() -> None:
    one, two = in_pool(), in_pool(workers=[])

    stats = worker_stats_of(samples.ADDRESS, [one, two], samples.NOW_MS)

    assert (stats["balance"], stats["paid"]) == (3.0, pytest.approx(4.00000002))
    assert stats["totalHash"] == 1_500_000.0


def test_a_stranger_is_all_zeros() -> None:
    reply = MinerReply(address="x", known=False)
    stats = worker_stats_of("x", [MinerInPool(LITECOIN, None, reply)], samples.NOW_MS)

    assert {key: value for key, value in stats.items() if value} == {"miner": "x"}


def test_workers_without_work_are_not_listed_and_blocks_that_never_come_are_infinite() -> None:
    (known,) = samples.miner_reply().workers
    idle = msgspec.structs.replace(known, worker="idle", hashrate=0.0, shares=0.0)
    paused = msgspec.structs.replace(known, worker="paused", hashrate=0.0)

    workers = worker_stats_of("x", [in_pool(workers=[idle, paused])], samples.NOW_MS)["workers"]

    assert set(workers) == {"paused"}
    assert (workers["paused"]["luckDays"], workers["paused"]["luckHours"]) == ("Infinity", "Infinity")


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("Labc", "Labc"),
        ("Labc.rig1", "Labc"),
        ("address=Labc", "Labc"),
        ("address=Labc.rig", "Labc"),
        ("ecash%3Aqabc", "ecash:qabc"),
        ("", ""),
        (".rig", ""),
        ("a" * 129, ""),
        ("%3Cscript%3E", ""),
        ("Labc%0A", ""),
    ],
)
def test_the_query_of_worker_stats_is_an_address(query: str, address: str) -> None:
    assert asked_address(query) == address


@given(st.text(max_size=200))
def test_whatever_is_asked_the_address_is_one_or_none(query: str) -> None:
    address = asked_address(query)
    assert address == "" or address.replace("_", "").replace("-", "").replace(":", "a").isascii()


def test_a_block_takes_its_expected_hashes() -> None:
    assert seconds_to_block(2.0, 65536, 65536.0) == 2.0
    assert seconds_to_block(0, 1, 1.0) is None
    assert seconds_to_block(1.0, 1, 0.0) is None
