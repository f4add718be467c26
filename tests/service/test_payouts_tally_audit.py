"""The running rounds in Valkey against a real share log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from redis.asyncio import Redis

from nompcore.bus import Bus
from nompcore.ending import end_tasks
from nompcore.messages import Share
from nompcore.subjects import SHARE_BATCH, SHARES
from services.payouts.auditing.tally_audit import TallyAudit
from services.payouts.counting.groups import Groups
from services.payouts.counting.recorder import Recorder
from services.payouts.counting.tallies import Tallies, key_prefix
from services.payouts.failpoint import Failpoints
from services.payouts.ledger.ledger import Ledger
from tests.servers import wait_until
from tests.unit.payouts_samples import POOL, START_MS, block_hash, outcome, share, share_batch
from tests.unit.test_payouts_audit_reads import tamper

Connect = Callable[..., Awaitable[Bus]]
PREFIX = key_prefix(POOL)
GROUPS = Groups({3334: ((0, "big"),)})


async def record(connect_bus: Connect, redis: Redis, ledger: Ledger, *messages: list[Share]) -> TallyAudit:
    """Publish these messages and follow them into the tallies."""
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    tallies = Tallies(redis, POOL, hashrate_window_seconds=300, failpoints=Failpoints())
    last = 0
    for shares in messages:
        last = await stratum.publish(SHARE_BATCH, share_batch(shares), pool=POOL)

    async def is_there() -> bool:
        return await tallies.position() == last

    following = asyncio.create_task(Recorder(payouts, tallies, POOL, GROUPS).follow())
    await wait_until(is_there, what="the shares in the tallies")
    await end_tasks([following])
    for pending in await tallies.pending_rounds():
        found = pending.candidate
        ledger.schemes.decide(POOL, found, pending.began)
        ledger.blocks.record_outcome(outcome(int(found.block_hash_display, 16)))
        work = sum(pending.weights.values())
        ledger.blocks.close_round(POOL, found, pending.weights, START_MS, round_work=work)
    return TallyAudit(payouts, redis, ledger.reads, POOL, lambda: GROUPS)


ROUNDS = (
    [share("a.1", 3), share("b", 2), share("a.2", 1, block=block_hash(1))],
    [share("a.1", 1.5), share("late", 1), share("x", 8, port=3334), share("zero", 0)],
    [share("c", 7), share("y", 1, port=3334, block=block_hash(2)), share("x", 5, port=3334)],
)


async def test_true_tallies_are_found_true(connect_bus: Connect, redis: Redis, ledger: Ledger) -> None:
    audit = await record(connect_bus, redis, ledger, *ROUNDS)
    assert await audit.look() == []


async def test_empty_tallies_are_no_fault(connect_bus: Connect, redis: Redis, ledger: Ledger) -> None:
    """As they are before they are rebuilt."""
    assert await (await record(connect_bus, redis, ledger)).look() == []
    audit = await record(connect_bus, redis, ledger, *ROUNDS)
    await redis.flushdb()
    assert await audit.look() == []


async def test_a_stretch_that_is_half_applied_is_no_fault(
    connect_bus: Connect, redis: Redis, ledger: Ledger
) -> None:
    audit = await record(connect_bus, redis, ledger, *ROUNDS)
    await redis.append(PREFIX + "sequence", "+")
    await redis.delete(PREFIX + "round:workers")
    assert await audit.look() == []


@pytest.mark.parametrize(("suffix", "name"), [("", "the running round"), (":big", "group 'big'")])
async def test_a_round_that_lost_work_is_found(
    connect_bus: Connect, redis: Redis, ledger: Ledger, suffix: str, name: str
) -> None:
    audit = await record(connect_bus, redis, ledger, *ROUNDS)
    await redis.delete(f"{PREFIX}round:current{suffix}", f"{PREFIX}round:workers{suffix}")
    (problem,) = await audit.look()
    assert name in problem
    assert "holds 0, but the share log" in problem


async def test_a_miner_whose_work_is_gone_is_found(
    connect_bus: Connect, redis: Redis, ledger: Ledger
) -> None:
    audit = await record(connect_bus, redis, ledger, *ROUNDS)
    await redis.hdel(PREFIX + "round:current", "c")
    by_sum, by_log = await audit.look()
    assert "by address, but" in by_sum
    assert "but the share log" in by_log


async def test_a_log_that_was_cut_holds_less_and_that_is_no_fault(
    connect_bus: Connect, redis: Redis, ledger: Ledger
) -> None:
    audit = await record(connect_bus, redis, ledger, [share("a", 1)], [share("a", 2)])
    operator = await connect_bus("payouts")
    await operator._link.js.purge_stream(SHARES.name, seq=2)
    assert await audit.look() == []


@pytest.mark.parametrize("number", [1, 2, 3])
async def test_a_closed_round_that_held_less_than_the_log_is_found(
    connect_bus: Connect, redis: Redis, ledger: Ledger, tmp_path: Path, number: int
) -> None:
    audit = await record(connect_bus, redis, ledger, *ROUNDS, [share("d", 1, block=block_hash(3))])
    assert await audit.look() == []
    tamper(
        tmp_path,
        "UPDATE block_efforts SET work = '4294967295' WHERE block_id = "
        f"(SELECT id FROM blocks WHERE block_hash = '{block_hash(number)}')",
    )
    (problem,) = await audit.look()
    assert problem.startswith(f"the round of block {block_hash(number)} held 4294967295, but the share log")


@pytest.mark.parametrize("number", [2, 3])
async def test_rounds_of_another_log_are_not_asked(
    connect_bus: Connect, redis: Redis, ledger: Ledger, tmp_path: Path, number: int
) -> None:
    """Their places mean something else in this one, which holds more there."""
    audit = await record(connect_bus, redis, ledger, *ROUNDS, [share("d", 1, block=block_hash(3))])
    other = block_hash(77)
    tamper(tmp_path, f"UPDATE blocks SET block_hash = '{other}' WHERE block_hash = '{block_hash(number)}'")
    tamper(tmp_path, f"UPDATE rounds SET block_hash = '{other}' WHERE block_hash = '{block_hash(number)}'")
    tamper(
        tmp_path,
        "UPDATE block_efforts SET work = '1' WHERE block_id = "
        f"(SELECT id FROM blocks WHERE block_hash = '{other}')",
    )
    assert await audit.look() == []
