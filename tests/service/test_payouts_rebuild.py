"""The tallies made anew from the share log are the same ones, also of shares that left the log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from nompcore.bus import Bus
from nompcore.config import load_config
from nompcore.messages import RejectCount
from nompcore.subjects import LEASES, SHARE_BATCH
from nompcore.target import WORK_PER_DIFFICULTY as ONE
from services.payouts.counting.groups import OWN
from services.payouts.counting.tally_check import CannotCheck
from services.payouts.failpoint import ALL_FAILPOINTS, Failpoint, Failpoints, Step
from services.payouts.rebuild import EXIT_DIFFERENT, EXIT_SAME, EXIT_UNUSABLE, Rebuild
from services.payouts.rounds.scheme_history import Wanted
from services.payouts.schemes.prop import Prop
from services.payouts.schemes.solo import Solo
from tests.servers import NatsServer, wait_until
from tests.service.payouts_log_rig import DAY_MS, LogRig, log_rigs
from tests.service.payouts_pools import Command, write_pools
from tests.unit.payouts_samples import POOL, block_hash, share

Connect = Callable[..., Awaitable[Bus]]

SOLO_PORT = 3334


@pytest.fixture
async def rig(tmp_path: Path, connect_bus: Connect, valkey_url: str) -> AsyncIterator[LogRig]:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    async with log_rigs(tmp_path, stratum, payouts, valkey_url, [POOL]) as (made,):
        write_pools(tmp_path, [POOL])
        wanted = Wanted({OWN: Prop(), "solo": Solo()}, {SOLO_PORT: "solo"})
        made.history = made.ledger.schemes.adopt(POOL, wanted, has_shares=False, now_ms=1)
        yield made


@pytest.fixture
def rebuild(rig: LogRig, tmp_path: Path) -> Rebuild:
    config = load_config(tmp_path, tmp_path / "coins", {})
    return Rebuild(rig.payouts, rig.redis, rig.ledger, config, POOL, Failpoints())


@pytest.fixture
def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def live(rig: LogRig, now_ms: int) -> None:
    """Shares, refusals, blocks of two groups that are confirmed, orphaned and open, and a cut of the log."""
    stale = [RejectCount(worker="a.1", reason="stale", count=2)]
    for number in range(1, 6):
        await rig.publish(share("a.1", 0.3, time_ms=now_ms), share("b.1", 2, time_ms=now_ms), rejects=stale)
        await rig.publish(
            share("s.1", 5, time_ms=now_ms, port=SOLO_PORT, block=block_hash(100 + number)),
            share("b.2", 7, time_ms=now_ms, block=block_hash(number)),
            share("s.2", 1, time_ms=now_ms, port=SOLO_PORT),
        )
        await rig.count()
        if number < 5:
            rig.record_outcome(number)
            rig.record_outcome(100 + number)
            await rig.close_rounds()
            rig.settle(orphaned=number == 2)
    before = len(await rig.sequences())
    keeper = rig.log.keeper(lambda: rig.history, None, kept_ms=-DAY_MS)  # also what is young
    await keeper.cut(now_ms)
    assert len(await rig.sequences()) < before


async def tallies(rig: LogRig) -> dict[str, object]:
    """Every key and what it holds."""
    state = await rig.log.store.snapshot()
    return {"sequence": state.sequence, **state.hashes, **state.sets}


async def counted(rig: LogRig) -> str | None:
    """Lifetime counter of accepted shares."""
    return (await rig.log.store.snapshot()).of("counters").get("valid")


async def running(rig: LogRig) -> dict[str, str]:
    """The running round."""
    return (await rig.log.store.snapshot()).of("round:current")


async def test_what_was_damaged_is_as_it_was_and_another_run_finds_nothing(
    rig: LogRig, rebuild: Rebuild, now_ms: int, capsys: pytest.CaptureFixture[str]
) -> None:
    await live(rig, now_ms)
    assert await rebuild.run(only_check=False) == EXIT_SAME
    before = await tallies(rig)
    begin = f"nomp:{{{POOL}}}:"
    await rig.redis.hset(begin + "round:current:solo", "stranger", "5")
    await rig.redis.hset(f"{begin}round:{block_hash(5)}", "b", "5")
    await rig.redis.hincrby(begin + "counters", "valid", 40)
    await rig.redis.delete(begin + "workers:best", begin + "rigs:b", begin + "began")
    damaged = await tallies(rig)
    capsys.readouterr()

    assert await rebuild.run(only_check=True) == EXIT_DIFFERENT
    assert "counters valid: is 65, should be 25" in capsys.readouterr().out
    assert await tallies(rig) == damaged
    assert [key async for key in rig.redis.scan_iter("*rebuild*")] == []
    assert await rebuild.run(only_check=False) == EXIT_SAME
    assert await tallies(rig) == before
    assert await rebuild.run(only_check=False) == EXIT_SAME


async def test_emptied_tallies_come_back_by_themselves_with_what_left_the_log(
    rig: LogRig, rebuild: Rebuild, now_ms: int
) -> None:
    await live(rig, now_ms)
    before = await tallies(rig)
    await rig.redis.flushall()
    assert await rebuild.run(only_check=True) == EXIT_DIFFERENT

    await rig.count()
    await rig.close_rounds()

    assert await counted(rig) == "25"
    assert await tallies(rig) == before
    assert await rebuild.run(only_check=True) == EXIT_SAME


async def test_redis_lost_in_mid_round_changes_no_weight(rig: LogRig, rebuild: Rebuild, now_ms: int) -> None:
    await live(rig, now_ms)
    await rig.publish(share("c.1", 3, time_ms=now_ms))
    await rig.count()
    await rig.redis.flushall()
    await rig.publish(share("c.1", 3, time_ms=now_ms), share("a", 1, time_ms=now_ms, block=block_hash(6)))
    assert await rebuild.run(only_check=False) == EXIT_SAME  # before payouts looks

    await rig.count()
    rig.record_outcome(6)
    await rig.close_rounds()

    with rig.ledger._database.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT round_shares.address, work FROM round_shares JOIN blocks ON blocks.id = block_id "
            "WHERE block_hash = ?",
            (block_hash(6),),
        )
        assert {row[0]: row[1] for row in rows} == {"a": str(ONE), "c": str(6 * ONE)}


async def test_a_log_that_an_operator_has_cut_is_no_ground_to_build_on(
    rig: LogRig, rebuild: Rebuild, now_ms: int, nats_server: NatsServer
) -> None:
    await live(rig, now_ms)
    before = await tallies(rig)
    async with nats_server.operator() as client:
        await client.jetstream().purge_stream("SHARES", keep=1)

    with pytest.raises(CannotCheck, match="does not follow"):
        await rebuild.run(only_check=False)
    assert await tallies(rig) == before


async def test_a_base_of_today_is_made_of_tallies_of_the_first_versions(
    rig: LogRig, rebuild: Rebuild, now_ms: int
) -> None:
    """What they counted is kept although the log never had it, or has it no more."""
    await rig.publish(share("a.1", 1, time_ms=now_ms))
    begin = f"nomp:{{{POOL}}}:"
    await rig.redis.set(begin + "sequence", 1)
    await rig.redis.hset(begin + "counters", mapping={"valid": "900", "invalid": "7"})
    await rig.redis.hset(begin + "round:current", "a", str(900 * ONE))

    await rig.count()
    await rig.publish(share("a.1", 1, time_ms=now_ms))
    await rig.count()
    before = await tallies(rig)
    assert (await counted(rig), await running(rig)) == ("901", {"a": str(901 * ONE)})
    assert await rebuild.run(only_check=True) == EXIT_SAME
    await rig.redis.flushall()
    await rig.count()

    assert await tallies(rig) == before


# ---- as a command, beside the service ----


@pytest.fixture
async def command(
    tmp_path: Path, rig: LogRig, nats_url: str, valkey_url: str
) -> AsyncIterator[Callable[[str], Command]]:
    made: list[Command] = []

    def make(replica: str) -> Command:
        ledger_url = f"sqlite:///{tmp_path}/ledger.db"
        made.append(
            Command(tmp_path, nats_url=nats_url, redis_url=valkey_url, ledger_url=ledger_url, replica=replica)
        )
        return made[-1]

    yield make
    for each in made:
        await each.kill()


async def test_shares_that_come_meanwhile_are_counted_once(
    rig: LogRig, command: Callable[[str], Command], now_ms: int
) -> None:
    service, tool = command("payouts-1"), command("rebuild-1")
    service.start()
    await wait_until(lambda: '"leading"' in service.output, what="the service leads")
    stop = asyncio.Event()

    async def mine() -> int:
        count = 0
        while not stop.is_set():
            await rig.publish(share("a.1", 1, time_ms=now_ms))
            count += 1
        return count

    mining = asyncio.create_task(mine())
    for damage in ("round:current", "counters"):
        await wait_until(lambda: _exists(rig, damage), what=damage)  # noqa: B023 - awaited here
        await rig.redis.delete(f"nomp:{{{POOL}}}:{damage}")
        assert await tool.start("services.payouts.rebuild", POOL).wait() == EXIT_SAME, tool.output
    stop.set()
    count = await mining
    last = await rig.last_sequence()

    async def all_counted() -> bool:
        return await rig.tallies.position() >= last

    await wait_until(all_counted, what=f"all counted: {service.output[-2000:]}")
    assert (await counted(rig), await running(rig)) == (str(count), {"a": str(count * ONE)})
    assert await tool.start("services.payouts.rebuild", POOL, "--check").wait() == EXIT_SAME, tool.output


async def _exists(rig: LogRig, key: str) -> bool:
    return bool(await rig.redis.exists(f"nomp:{{{POOL}}}:{key}"))


@pytest.mark.parametrize(
    "failpoint", [point for point in ALL_FAILPOINTS if point.step is Step.TALLIES_REPLACED], ids=str
)
async def test_a_rebuild_that_dies_leaves_the_old_tallies_or_the_new_ones(
    rig: LogRig, command: Callable[[str], Command], now_ms: int, failpoint: Failpoint
) -> None:
    await live(rig, now_ms)
    before = await tallies(rig)
    await rig.redis.hdel(f"nomp:{{{POOL}}}:counters", "valid")
    damaged = await tallies(rig)
    tool = command("rebuild-1")

    assert await tool.start("services.payouts.rebuild", POOL, failpoint=str(failpoint)).wait() == -9

    assert await tallies(rig) in (damaged, before)
    await rig.payouts.bucket(LEASES).delete(f"rebuild.{POOL}")
    assert await tool.start("services.payouts.rebuild", POOL).wait() == EXIT_SAME, tool.output
    assert await tallies(rig) == before


@pytest.mark.parametrize(
    "failpoint", [p for p in ALL_FAILPOINTS if p.step in (Step.LOG_CUT, Step.LOG_BASE_MOVED)], ids=str
)
async def test_a_service_that_dies_while_the_log_is_cut_goes_on(
    rig: LogRig, command: Callable[[str], Command], now_ms: int, failpoint: Failpoint
) -> None:
    await rig.publish(share("a.1", 1, time_ms=now_ms))
    service = command("payouts-1")

    if failpoint.step is Step.LOG_CUT:  # a pool that has a base already
        await rig.count()

    assert await service.start(failpoint=str(failpoint)).wait() == -9

    await rig.payouts.bucket(LEASES).delete(f"payouts.{POOL}")
    service.start()
    await wait_until(lambda: _exists(rig, "counters"), what="shares are counted")
    assert await counted(rig) == "1"
    assert len(await rig.payouts.stretch(SHARE_BATCH, POOL, 0)) == 1


async def test_a_pool_that_is_not_there_is_said(command: Callable[[str], Command]) -> None:
    tool = command("rebuild-1")

    assert await tool.start("services.payouts.rebuild", "dogecoin").wait() == EXIT_UNUSABLE
    assert "no enabled pool dogecoin; there are litecoin" in tool.output
