"""Running the load generator: load/stratum_load.c, or another program with the same options and report."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tests.bench.c_programs import program
from tests.stratum_work import ADDRESS

READY_WITHIN_SECONDS = 150.0
REPORTS_WITHIN_SECONDS = 120.0

CONNECTIONS_OF_AN_ADDRESS = 250
"""Several runs in a minute are far below what an address may have by default."""


class Latency(msgspec.Struct):
    """Microseconds that so many of a hundred, or of a thousand, did not exceed."""

    p50: float
    p99: float
    p999: float
    max: float


class Moments(msgspec.Struct):
    """Milliseconds after which the last, and the one in the middle, were told; `first` is 0 in a spread."""

    last: float
    p50: float
    first: float = 0.0


class Block(msgspec.Struct):
    """A block that `got` miners were told to work on: when, after the first of them and after its birth."""

    got: int
    spread_ms: Moments
    from_tip_ms: Moments | None = None


class Report(msgspec.Struct):
    """What the miners saw. Processor time is that of the processes that were named."""

    conns: int
    setup_ok: int
    seconds: float
    answers: int  # in so many seconds
    accepted: int  # of these shares, and of those that were answered later
    rejected: int
    skipped: int
    per_s: float
    lat_us: Latency
    blocks: list[Block]
    client_busy: float  # cores that the generator itself took
    setup_s: float
    errors: dict[str, int] = {}
    unanswered: int = 0
    ever_accepted: int = 0  # with the warm-up
    setup_cpu_us_per_conn_sched: float = 0.0
    rss_kb_per_conn: float = 0.0
    cpu_us_per_share_sched: float = 0.0
    cpu_by_pid_s: dict[str, float] = {}

    def share_us(self, pid: int) -> float:
        """Microseconds of one process for a share."""
        return self.cpu_by_pid_s[str(pid)] * 1e6 / self.answers

    def check(self) -> Report:
        """Itself, if everybody logged in and every share was submitted, answered and accepted."""
        assert self.setup_ok == self.conns, f"{self.conns - self.setup_ok} miners could not log in"
        assert not self.rejected, f"{self.rejected} shares were refused: {self.errors}"
        assert not self.skipped, f"{self.skipped} shares were not submitted in time"
        assert not self.unanswered, f"{self.unanswered} shares were not answered"
        return self


@dataclass(frozen=True, slots=True)
class Target:
    """A server, the processes that count as it, and how its miners call themselves (with one %d)."""

    port: int
    pids: tuple[int, ...] = ()
    user: str = f"{ADDRESS}.rig%d"


class Running:
    """A generator at work."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ready(self) -> None:
        """All miners have logged in and settled."""
        assert self._process.stderr
        line = await asyncio.wait_for(self._process.stderr.readline(), READY_WITHIN_SECONDS)
        assert line.startswith(b"ready "), line

    async def report(self) -> Report:
        """Its figures, when it has ended, checked."""
        out, errors = await asyncio.wait_for(self._process.communicate(), REPORTS_WITHIN_SECONDS)
        assert self._process.returncode == 0, errors.decode()
        return msgspec.json.decode(out, type=Report).check()


class Generator:
    """The program that plays miners."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or program("stratum_load")

    @asynccontextmanager
    async def running(
        self, target: Target, connections: int, *options: str | float
    ) -> AsyncIterator[Running]:
        """One run, with `options` as the program has them."""
        command = [*self._command(target, connections), *map(str, options)]
        process = await asyncio.create_subprocess_exec(
            str(self.path), *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        try:
            yield Running(process)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def run(self, target: Target, connections: int, *options: str | float) -> Report:
        """One run from beginning to end."""
        async with self.running(target, connections, *options) as running:
            return await running.report()

    def _command(self, target: Target, connections: int) -> Sequence[str]:
        sources = -(-connections // CONNECTIONS_OF_AN_ADDRESS)
        words = ["--port", str(target.port), "--conns", str(connections), "--user", target.user]
        words += ["--src", str(sources), "--announce"]
        return [*words, "--pid", ",".join(map(str, target.pids))] if target.pids else words
