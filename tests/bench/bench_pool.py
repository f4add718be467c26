"""The real services between real servers, as far as shares or jobs pass them."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from nompcore import subjects
from nompcore.bus import Bus
from nompcore.messages import Job
from services.payouts.counting.tallies import key_prefix
from tests.bench.json_child import JsonChild, json_child
from tests.bench.payouts_stage import LEADING, NATS, PAYOUTS, VALKEY, SourcePayouts, child_process
from tests.bench.source_process import SourceProcess
from tests.bench.tip_signals import LONG_POLL
from tests.bench.tip_stage import BenchJobmaker, pool_keys
from tests.servers import NatsServer, ValkeyServer, free_port, wait_until
from tests.stratum_work import ADDRESS, POOL

EVERY_HASH = 1e-10
"""A share difficulty below 2^-32: the target is above every hash."""

TALLIED_WITHIN_SECONDS = 60.0
STRATUM = "stratum"


@dataclass
class BenchPool:
    """Running services. `pids` has those that shares pass, by name."""

    stratum: SourceProcess
    bus: Bus
    pids: dict[str, int]
    redis: Redis | None = None
    daemon: JsonChild | None = None
    ports: dict[str, int] = field(default_factory=dict)  # by pool

    async def publish(self, job: Job) -> int:
        """As jobmaker does; when, in nanoseconds of the monotonic clock."""
        at_ns = time.monotonic_ns()
        await self.bus.publish(subjects.JOB, job, pool=job.pool)
        return at_ns

    async def await_tallied(self, shares: int) -> None:
        """Every share that a miner was promised is counted in Valkey. AssertionError where it is not."""
        await wait_until(
            lambda: self._has_tallied(shares),
            seconds=TALLIED_WITHIN_SECONDS,
            what=f"{shares} shares are in the tallies",
        )

    async def _has_tallied(self, shares: int) -> bool:
        assert self.redis
        return int(await self.redis.hget(key_prefix(POOL) + "counters", "valid") or 0) >= shares


@asynccontextmanager
async def sharing_pool(source: Path, job: Job) -> AsyncIterator[BenchPool]:
    """What a share passes: stratum, NATS, payouts, Valkey. Every hash is a share; the job is its only one."""
    async with AsyncExitStack() as stack:
        directory, nats, bus = await _foundation(stack)
        valkey = ValkeyServer(directory / "valkey")
        stack.push_async_callback(valkey.stop)
        await valkey.start()
        redis = await stack.enter_async_context(Redis.from_url(valkey.url, socket_timeout=None))
        stratum = SourceProcess(directory, nats.url, source, difficulty=EVERY_HASH)
        payouts = SourcePayouts(directory, source, nats_url=nats.url, redis_url=valkey.url)
        stack.push_async_callback(payouts.stop)
        payouts.start()
        await wait_until(lambda: LEADING in payouts.output or not payouts.running, what="payouts leads")
        assert payouts.running, payouts.output
        await _start(stack, stratum, bus, [job])
        pids = {STRATUM: stratum.pid}
        for name, word in (("nats", NATS), ("payouts", PAYOUTS), ("valkey", VALKEY)):
            pids[name] = child_process(word).pid
        yield BenchPool(stratum, bus, pids, redis=redis)


@asynccontextmanager
async def minting_pool(source: Path) -> AsyncIterator[BenchPool]:
    """What a job passes: a daemon of a busy network that answers long polls, jobmaker, NATS, stratum."""
    async with AsyncExitStack() as stack:
        directory, nats, bus = await _foundation(stack)
        daemon = await stack.enter_async_context(json_child("tests.bench.tip_daemon", LONG_POLL))
        ports = await daemon.hear()
        keys = pool_keys(LONG_POLL, ports["rpc_port"], ports["signal_port"])
        del keys["ports"]
        stratum = SourceProcess(directory, nats.url, source, difficulty=EVERY_HASH, **keys)
        jobmaker = BenchJobmaker(directory, nats.url, source)
        stack.push_async_callback(jobmaker.stop)
        await jobmaker.start()
        await _start(stack, stratum, bus, [])
        yield BenchPool(stratum, bus, {STRATUM: stratum.pid}, daemon=daemon)


@asynccontextmanager
async def two_pools(source: Path, jobs: Mapping[str, Job]) -> AsyncIterator[BenchPool]:
    """Stratum with pools of two coins, by the coins' files; payouts has no part in it."""
    async with AsyncExitStack() as stack:
        directory, nats, bus = await _foundation(stack)
        stratum = SourceProcess(directory, nats.url, source, difficulty=EVERY_HASH)
        ports = {POOL: stratum.port}
        for coin_file, job in jobs.items():
            if job.pool != POOL:
                ports[job.pool] = free_port()
                _add_pool(directory, job.pool, coin_file, ports[job.pool])
        await _start(stack, stratum, bus, list(jobs.values()))
        yield BenchPool(stratum, bus, {STRATUM: stratum.pid}, ports=ports)


async def _foundation(stack: AsyncExitStack) -> tuple[Path, NatsServer, Bus]:
    """A directory, a NATS that flushes each write, and a bus with its streams."""
    directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    nats = NatsServer(directory / "nats")
    stack.push_async_callback(nats.stop)
    await nats.start()
    bus = await Bus.connect(nats.url, service=subjects.JOBMAKER, replica="bench")
    stack.push_async_callback(bus.drain)
    await bus.ensure()
    return directory, nats, bus


async def _start(stack: AsyncExitStack, stratum: SourceProcess, bus: Bus, jobs: list[Job]) -> None:
    """With its jobs there from the beginning."""
    for job in jobs:
        await bus.publish(subjects.JOB, job, pool=job.pool)
    stack.push_async_callback(stratum.end)
    await stratum.start()


def _add_pool(directory: Path, name: str, coin_file: str, port: int) -> None:
    pool: dict[str, Any] = {
        "enabled": True,
        "coin": coin_file,
        "network": "regtest",
        "address": ADDRESS,
        "daemons": [{"host": "127.0.0.1", "port": 1, "user": "u", "password": "p"}],
        "ports": {str(port): {"diff": EVERY_HASH}},
    }
    (directory / "pool_configs" / f"{name}.json").write_text(json.dumps(pool))


async def changed_tip(pool: BenchPool) -> dict[str, Any]:
    """Change the daemon's tip; its hash, and when, in nanoseconds of the monotonic clock."""
    assert pool.daemon
    return await pool.daemon.ask({})
