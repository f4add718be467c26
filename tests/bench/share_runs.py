"""One server under shares: as fast as they are answered, at a steady rate, and with silent miners."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from tests.bench.load_generator import Generator, Report, Target

CONNECTIONS = 1000
IDLE_CONNECTIONS = 10_000
RATE = 1000
"""Shares a second of all miners."""

CLOSED_LOOP = ("--window", 1, "--settle", 0.5, "--warmup", 1, "--duration", 3)
OPEN_LOOP = ("--rate", RATE, "--settle", 0.5, "--warmup", 1, "--duration", 4)
IDLE = ("--window", 0, "--settle", 1.5, "--warmup", 0, "--duration", 0.1)

MS = 1000  # microseconds


@dataclass(slots=True)
class ShareRuns:
    """Reports of one server, one of each repetition."""

    closed: list[Report] = field(default_factory=list)
    steady: list[Report] = field(default_factory=list)

    async def repeat(self, generator: Generator, target: Target) -> int:
        """Both loops once; how many shares were accepted, with those of the warm-ups."""
        self.closed.append(await generator.run(target, CONNECTIONS, *CLOSED_LOOP))
        self.steady.append(await generator.run(target, CONNECTIONS, *OPEN_LOOP))
        return sum(report.ever_accepted or report.accepted for report in (self.closed[-1], self.steady[-1]))

    def figures(self) -> dict[str, float]:
        """Medians, by what they are."""
        return {
            "closed loop: µs a share": _median(self.closed, lambda report: report.cpu_us_per_share_sched),
            "closed loop: shares/s": _median(self.closed, lambda report: report.per_s),
            f"at {RATE:,}/s: µs a share": _median(self.steady, lambda report: report.cpu_us_per_share_sched),
            f"at {RATE:,}/s: p50 ms": _median(self.steady, lambda report: report.lat_us.p50 / MS),
            f"at {RATE:,}/s: p99 ms": _median(self.steady, lambda report: report.lat_us.p99 / MS),
        }

    def process_figures(self, pids: list[dict[str, int]]) -> dict[str, float]:
        """Of both loops, by process; `pids` of each repetition by name."""
        return {
            f"{loop}: µs of {name}": median(
                report.share_us(named[name]) for report, named in zip(reports, pids, strict=True)
            )
            for loop, reports in (("closed loop", self.closed), (f"at {RATE:,}/s", self.steady))
            for name in pids[0]
        }


async def stay_idle(generator: Generator, target: Target) -> dict[str, float]:
    """Only log in. The server must be a fresh one: memory that it had before is not asked for again."""
    return connection_figures(await generator.run(target, IDLE_CONNECTIONS, *IDLE))


def connection_figures(report: Report) -> dict[str, float]:
    """What a connection costs, by the report of idle miners."""
    return {
        f"{IDLE_CONNECTIONS:,} idle: µs a login": report.setup_cpu_us_per_conn_sched,
        f"{IDLE_CONNECTIONS:,} idle: KiB each": report.rss_kb_per_conn,
    }


def _median(reports: list[Report], figure: Callable[[Report], float]) -> float:
    return median(map(figure, reports))
