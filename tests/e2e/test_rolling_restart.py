"""Three stratum replicas behind HAProxy, restarted under load as an operator does it: SIGTERM, one by one."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from nompcore import subjects
from nompcore.messages import Share
from tests.e2e.rolling_miners import Fleet
from tests.e2e.visiting_miners import STAY_EVERY, Visitors
from tests.servers import HAProxy, NatsServer, wait_until
from tests.stratum_process import StratumProcess
from tests.stratum_stage import Stage, open_stage
from tests.stratum_work import NTIME, POOL, make_job

REPLICAS = 3
DRAIN_SECONDS = 6  # longer than the balancer takes to see that the port is closed
JOB_SECONDS = 3.0
JOB_NTIME_SECONDS = 100  # between two jobs: more than a job sent again is ahead of itself
SETTLE_SECONDS = 60.0
LOG_TAIL_LETTERS = 4000

MINERS = 300
MAX_REFUSED = 0.005  # of all shares
MAX_TURNED_AWAY = 0.01  # of those that come: what waited to be accepted when a port closed

SESSIONS_PER_WAVE = 2_500  # one before the first restart, one during each


class Replicas:
    """The replicas behind their balancer, and what plays jobmaker."""

    def __init__(self, stage: Stage, directory: Path) -> None:
        self._stage = stage
        self._names = (f"replica{number}" for number in itertools.count())
        self._processes = [self._process(directory / str(number)) for number in range(REPLICAS)]
        self._jobs = itertools.count(1)
        self._block = 1
        self.balancer = HAProxy(directory / "haproxy", [process.port for process in self._processes])

    def _process(self, directory: Path) -> StratumProcess:
        directory.mkdir(parents=True)
        url = self._stage.nats.url
        process = StratumProcess(directory, url, drain_seconds=DRAIN_SECONDS, tcpProxyProtocol=True)
        return process.twin(next(self._names))

    async def start(self) -> None:
        """All of them, with a job to begin with."""
        await self.publish_job()
        await asyncio.gather(*(process.start() for process in self._processes))
        await self.balancer.start()

    async def restart(self, number: int) -> None:
        """SIGTERM; when it has ended, a new process at its place, until the balancer has found it."""
        await _stop(self._processes[number])
        self._processes[number] = self._processes[number].twin(next(self._names))
        await self._processes[number].start()
        await wait_until(lambda: self.balancer.servers_down == 0, what="the balancer finds the new process")

    async def stop(self) -> None:
        """SIGTERM to all of them at once."""
        await asyncio.gather(*map(_stop, self._processes))

    async def end(self) -> None:
        """Leave nothing behind, whatever the test did."""
        await self.balancer.stop()
        for process in self._processes:
            await process.end()

    async def publish_jobs(self) -> None:
        """A new job of the same block every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(JOB_SECONDS)
            await self.publish_job()

    async def publish_job(self, *, new_block: bool = False) -> None:
        """As jobmaker does."""
        number = next(self._jobs)
        self._block += new_block
        ntime = NTIME + JOB_NTIME_SECONDS * number
        await self._stage.publish(make_job(f"{number:04x}", block=self._block, clean=new_block, ntime=ntime))

    async def stored_shares(self) -> list[Share]:
        """Everything in the share stream; nobody writes to it any more."""
        async with self._stage.nats.operator() as client:
            last = (await client.jetstream().stream_info(subjects.SHARES.name)).state.last_seq
        shares: list[Share] = []
        async for stored in self._stage.bus.read(subjects.SHARE_BATCH, POOL, 0):
            shares += [share for one in stored for share in one.message.shares]
            if stored and stored[-1].sequence >= last:
                break
        return shares


async def _stop(process: StratumProcess) -> None:
    code = await process.stop()
    assert code == 0, f"exit code {code}: {process.output[-LOG_TAIL_LETTERS:]}"


@pytest.fixture
async def replicas(tmp_path: Path, nats_server: NatsServer) -> AsyncIterator[Replicas]:
    """Serving."""
    async with open_stage(tmp_path, nats_server) as stage:
        replicas = Replicas(stage, tmp_path)
        try:
            await replicas.start()
            yield replicas
        finally:
            await replicas.end()


@pytest.mark.timeout(300)
async def test_a_rolling_restart_costs_no_share_and_no_miner_its_extranonce1(replicas: Replicas) -> None:
    fleet = Fleet(replicas.balancer.port, MINERS)
    async with asyncio.TaskGroup() as group:
        jobs = group.create_task(replicas.publish_jobs())
        group.create_task(fleet.run())
        await until(lambda: fleet.at_work, fleet, "all miners are at work")
        for number in range(REPLICAS):
            moved = fleet.resumed
            await replicas.restart(number)
            await until(lambda: fleet.at_work, fleet, "all miners are back")
            assert fleet.resumed > moved, fleet.report()
            await replicas.publish_job(new_block=number == 0)
        fleet.pausing = True
        await until(lambda: fleet.unanswered == 0, fleet, "every share is answered")
        fleet.stopping = True
        jobs.cancel()
    await replicas.stop()
    print(fleet.report())

    check_miners(fleet)
    check_shares(fleet, Counter(share.share_difficulty for share in await replicas.stored_shares()))


def check_miners(fleet: Fleet) -> None:
    """Every miner was asked before its replica left, and went on elsewhere as the one it was."""
    assert fleet.extranonces.wrongs == []
    assert fleet.not_resumed == [], fleet.report()
    assert fleet.cut_off == [], fleet.report()
    assert fleet.asked >= fleet.resumed >= MINERS, fleet.report()
    assert len(fleet.extranonces.owners) == MINERS
    assert len(fleet.turned_away) < MAX_TURNED_AWAY * fleet.resumed, fleet.report()
    assert fleet.refused.total() < MAX_REFUSED * fleet.handed_in, fleet.report()


def check_shares(fleet: Fleet, stored: Counter[float]) -> None:
    """What was answered true is stored once, and nothing is stored twice."""
    assert fleet.promised.total() > MINERS, "the test needs shares to say anything"
    assert [reached for reached, count in fleet.promised.items() if count > 1] == [], "true twice"
    assert [reached for reached, count in stored.items() if count > 1] == [], "stored twice"
    assert fleet.promised.keys() - stored.keys() == set(), "true and not stored"
    assert fleet.known - stored.keys() == set(), "refused as duplicates of nothing"


async def until(condition: Callable[[], bool], fleet: Fleet, what: str) -> None:
    try:
        await wait_until(condition, seconds=SETTLE_SECONDS, what=what)
    except AssertionError as error:
        raise AssertionError(f"{error}: {fleet.report()}") from None


@pytest.mark.timeout(300)
async def test_no_two_of_10_000_sessions_get_the_same_extranonce1(replicas: Replicas) -> None:
    async with asyncio.TaskGroup() as group:
        visitors = Visitors(replicas.balancer.port, group)
        await visitors.come(SESSIONS_PER_WAVE)
        for number in range(REPLICAS):
            await asyncio.gather(visitors.come(SESSIONS_PER_WAVE), replicas.restart(number))
        await wait_until(lambda: visitors.settled, seconds=SETTLE_SECONDS, what="who stays has moved")
        visitors.leave()
    await replicas.stop()
    print(visitors.report())

    assert visitors.extranonces.wrongs == []
    assert visitors.sessions == (1 + REPLICAS) * SESSIONS_PER_WAVE
    assert len(visitors.extranonces.owners) == visitors.sessions + visitors.not_resumed
    assert visitors.turned_away.total() < MAX_TURNED_AWAY * visitors.sessions, visitors.report()
    assert visitors.resumed > SESSIONS_PER_WAVE // STAY_EVERY, visitors.report()
