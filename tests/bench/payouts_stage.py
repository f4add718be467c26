"""The payouts of any checkout between a NATS and a Valkey that flush each write; it knows no coin daemon."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
from redis.asyncio import Redis

from nompcore import subjects
from nompcore.bus import Bus
from services.payouts.counting.tallies import key_prefix, works_of
from tests.bench.bench_miners import NETWORK_NAME, addresses
from tests.servers import NatsServer, ValkeyServer, wait_until
from tests.servers.payouts_process import POOL, PayoutsProcess
from tests.servers.process import ServerProcess

PAYOUTS, NATS, VALKEY = "services.payouts", "nats-server", "valkey-server"
READ_WITHIN_SECONDS = 600.0
LEADING, TRIED_AGAIN = '"message": "leading"', '"message": "step will be tried again"'


class SourcePayouts(PayoutsProcess):
    """`python -m services.payouts` with the code and coin files of `source`, and no debug log."""

    def __init__(self, directory: Path, source: Path, *, nats_url: str, redis_url: str) -> None:
        super().__init__(directory, nats_url=nats_url, redis_url=redis_url)
        self._environment |= {
            "PYTHONPATH": os.pathsep.join((str(source / "libs"), str(source))),
            "PYTHONSAFEPATH": "1",  # otherwise the current directory comes first
            "NOMP_COINS_DIR": str(source / "coins"),
            "LOG_LEVEL": "info",
        }

    def start(self, failpoint: str = "") -> None:
        """From the beginning, not forked: the code is that of `source`, time and memory are its own."""
        variables = {**os.environ, **self._environment, "NOMP_FAILPOINT": failpoint}
        command = [sys.executable, "-m", "services.payouts"]
        self._process = ServerProcess(command, self._log_path, variables)
        self._process.start()


class PayoutsStage:
    """Everything around one payouts, which is not started yet."""

    def __init__(self, payouts: PayoutsProcess, bus: Bus, redis: Redis) -> None:
        self.payouts = payouts
        self.bus = bus  # as stratum
        self._redis = redis
        self._prefix = key_prefix(POOL)
        self._complete = 0  # the tallies, as far as was seen
        self.longest_wait_seconds = 0.0
        """Of anybody else who asked Valkey for one key meanwhile."""

    async def lead(self) -> None:
        """Start it and wait until it does the pool's work."""
        self.payouts.start()
        await wait_until(
            lambda: LEADING in self.payouts.output or not self.payouts.running, what="payouts leads"
        )
        assert self.payouts.running, self.payouts.output

    async def read_up_to(self, sequence: int) -> None:
        """Wait until its tallies are that far, complete."""

        async def is_there() -> bool:
            assert self.payouts.running, self.payouts.output[-6000:]
            return await self._position() >= sequence

        await wait_until(is_there, seconds=READ_WITHIN_SECONDS, what=f"the tallies are at {sequence}")

    async def _position(self) -> int:
        asked = time.monotonic()
        position: Any = await self._redis.get(self._prefix + "sequence")
        self.longest_wait_seconds = max(self.longest_wait_seconds, time.monotonic() - asked)
        if position and not position.endswith(b"+"):  # with that, a part of it is still to be added
            self._complete = int(position)
        return self._complete

    @property
    def tries_again(self) -> int:
        """How often it found something away or too slow."""
        return self.payouts.output.count(TRIED_AGAIN)

    async def tallied(self) -> tuple[int, int]:
        """Shares and work that the tallies have of the running round."""
        valid = await self._redis.hget(self._prefix + "counters", "valid")
        works = works_of(await self._redis.hgetall(self._prefix + "round:current"))
        return int(valid or 0), sum(works.values())


def child_process(word: str) -> psutil.Process:
    """Our child process with this word in its command line."""
    children = psutil.Process().children()
    return next(child for child in children if any(word in part for part in child.cmdline()))


def cpu_seconds(process: psutil.Process) -> float:
    """Processor time so far."""
    times = process.cpu_times()
    return times.user + times.system


def write_config(directory: Path) -> None:
    """config.json with nothing but defaults, and one pool that pays nobody."""
    pool = {
        "enabled": True,
        "coin": "litecoin.json",
        "network": NETWORK_NAME,
        "address": addresses(1)[0],
        "ports": {"3333": {"diff": 16}},
        "daemons": [{"host": "127.0.0.1", "port": 1, "user": "bench", "password": "bench"}],
    }
    (directory / "pool_configs").mkdir(parents=True)
    (directory / "config.json").write_text("{}")
    (directory / "pool_configs" / f"{POOL}.json").write_text(json.dumps(pool))


@asynccontextmanager
async def payouts_stage(source: Path) -> AsyncIterator[PayoutsStage]:
    """NATS with its streams, and Valkey, both empty; all is gone afterwards."""
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        nats, valkey = NatsServer(directory / "nats"), ValkeyServer(directory / "valkey")
        stack.push_async_callback(nats.stop)
        await nats.start()
        stack.push_async_callback(valkey.stop)
        await valkey.start()
        bus = await Bus.connect(nats.url, service=subjects.STRATUM, replica="bench")
        stack.push_async_callback(bus.drain)
        await bus.ensure()
        redis = await stack.enter_async_context(Redis.from_url(valkey.url, socket_timeout=None))
        home = directory / "payouts"
        write_config(home)
        payouts = SourcePayouts(home, source, nats_url=nats.url, redis_url=valkey.url)
        stack.push_async_callback(payouts.stop)
        yield PayoutsStage(payouts, bus, redis)
