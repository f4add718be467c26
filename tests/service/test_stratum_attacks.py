"""The stratum service under attack: the honest miner loses nothing, and the service does not swell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nompcore.target import difficulty_from_target
from tests.bench.hangups import hangups, open_connections
from tests.bench.honest_miner import HONEST_IP, PROXIED_IP, HonestMiner, log_in
from tests.bench.json_child import json_child
from tests.bench.process_figures import peak_resident_bytes, resident_bytes
from tests.servers import NatsServer, wait_until
from tests.stratum_attackers import JOB_ID, proxy_header
from tests.stratum_process import StratumProcess
from tests.stratum_stage import Stage, metrics, open_stage
from tests.stratum_work import coin, make_job

MIB = 1024 * 1024
SILENT = 5000
SILENT_MIB = 50  # 10 KiB for each of them
GROWTH_MIB = 32  # for any other attack; a few buffers of 64 KiB, and what an allocator keeps
HONEST_SHARES = 20  # answered while the attack goes on


@pytest.fixture
async def stage(tmp_path: Path, nats_server: NatsServer) -> AsyncIterator[Stage]:
    """NATS, miners, and stratum when the test starts it."""
    async with open_stage(tmp_path, nats_server) as stage:
        yield stage


class Besieged:
    """A service, the honest miner on it, and an attack."""

    def __init__(self, stage: Stage, process: StratumProcess, miner: HonestMiner, first_bytes: bytes) -> None:
        self._stage = stage
        self._process = process
        self._first_bytes = first_bytes
        self.miner = miner
        assert process.process
        self._pid = process.process.pid
        self._bytes_before = resident_bytes(self._pid)

    async def page(self) -> str:
        """The service's metrics."""
        return await metrics(self._process)

    async def endure(self, attack: str, attackers: int, cut_off: dict[str, int]) -> None:
        """Mine beside the attack until so many were cut off for each reason."""
        async with (
            json_child("tests.stratum_attackers", attack, self._process.port, attackers, niceness=19) as them,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(self.miner.mine())
            await them.hear()
            answered = len(self.miner.promised)

            async def is_over() -> bool:
                counted = hangups(await self.page())
                enough = all(counted[reason] >= count for reason, count in cut_off.items())
                return enough and len(self.miner.promised) >= answered + HONEST_SHARES

            await wait_until(is_over, seconds=60, what=f"{attack} is cut off")
            self.miner.stopping.set()

    async def check(self, growth_mib: int = GROWTH_MIB) -> None:
        """Nothing was lost, the service is no larger than it may be, and still serves."""
        grown = peak_resident_bytes(self._pid) - self._bytes_before
        await wait_until(self._are_gone, what="the attackers' connections are forgotten")
        newcomer = await log_in(self._process.port, self.miner.job, self._first_bytes)
        await newcomer.submit()
        promised = self.miner.promised + newcomer.promised
        stored = await self._stage.stored_shares(len(promised))
        await newcomer.client.close()
        await self.miner.client.close()

        assert self.miner.lost == newcomer.lost == 0
        assert sorted(share.share_difficulty for share in stored) == sorted(
            difficulty_from_target(solution.hash_int, coin().multiplier) for solution in promised
        )
        assert grown < growth_mib * MIB

    async def _are_gone(self) -> bool:
        return open_connections(await self.page()) == 1


async def lay_siege(stage: Stage, first_bytes: bytes = b"", **pool_keys: object) -> Besieged:
    """A service with an honest miner that has mined already."""
    job = await stage.publish(make_job(JOB_ID))
    process = await stage.start(banning={"enabled": True}, **pool_keys)
    miner = await log_in(process.port, job, first_bytes)
    await miner.submit()
    return Besieged(stage, process, miner, first_bytes)


async def test_five_thousand_silent_sockets_cost_little_and_are_cut_off(stage: Stage) -> None:
    siege = await lay_siege(stage)

    await siege.endure("silence", SILENT, {"silent": SILENT})

    await siege.check(SILENT_MIB)


@pytest.mark.parametrize(
    ("attack", "attackers", "reasons"),
    [
        ("endless-line", 20, {"flood": 10, "banned": 200}),
        ("drip", 200, {"flood": 10, "banned": 200}),
        ("deafness", 50, {"chatter": 10, "banned": 200}),
        ("deaf-shares", 10, {"slow-reader": 5}),
        ("same-logins", 20, {"chatter": 10, "banned": 200}),
    ],
)
async def test_attackers_that_stuff_the_service_are_cut_off(
    stage: Stage, attack: str, attackers: int, reasons: dict[str, int]
) -> None:
    siege = await lay_siege(stage)

    await siege.endure(attack, attackers, reasons)

    await siege.check()


async def test_a_flood_of_bad_shares_is_refused_and_ends_in_a_ban(stage: Stage) -> None:
    siege = await lay_siege(stage)

    await siege.endure("bad-shares", 20, {"banned": 200})

    await siege.check()
    assert 'stratum_bans_total{pool="btc",reason="invalid-shares"} 1.0' in await siege.page()


async def test_nobody_gets_the_honest_miner_banned_in_its_name(stage: Stage) -> None:
    siege = await lay_siege(
        stage,
        proxy_header(PROXIED_IP),
        tcpProxyProtocol=True,
        tcpProxyNetworks=[HONEST_IP],
        tcpProxyRequired=False,
    )

    await siege.endure("spoofed-proxy", 20, {"malformed": 10, "banned": 200})

    await siege.check()


async def test_logins_without_end_are_limited(stage: Stage) -> None:
    siege = await lay_siege(stage, limits={"connectionsPerMinute": 300, "loginsPerMinute": 100})

    await siege.endure("new-logins", 20, {"login-rate": 20, "connect-rate": 200})

    await siege.check()
