"""How fast payouts takes shares from NATS to Redis, at what cost: `python -m tests.bench.ingestion --help`.

For each number of workers a log of shares that nobody has read, which a fresh payouts works off; see
docs/benchmarks.md. A figure counts only if all of them arrived, with all their work.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import uvloop

from nompcore.target import work_from_difficulty
from tests.bench.payouts_stage import (
    NATS,
    PAYOUTS,
    VALKEY,
    PayoutsStage,
    child_process,
    cpu_seconds,
    payouts_stage,
)
from tests.bench.process_figures import peak_resident_bytes, resident_bytes
from tests.bench.share_backlog import BATCH_SHARES, DIFFICULTY, fill_log
from tests.stratum_work import ROOT

MIB = 1024 * 1024
WORKERS = (10, 1_000, 100_000)
SHARES = 500_000
BACKLOG_SHARES = 1_000_000
"""Of the largest number of workers."""

QUARTERS = 4


@dataclass(frozen=True, slots=True)
class Outcome:
    """One log worked off by a payouts that leads; `resident_mib` before the first share and by quarter."""

    workers: int
    shares: int
    start_seconds: float  # until it leads
    seconds: float  # from then on
    payouts_us: float  # processor time for one share, as the next two
    valkey_us: float
    nats_us: float
    valkey_wait_ms: float  # the longest that another client of Valkey waited for one key
    resident_mib: list[float]
    peak_mib: float
    tries_again: int

    @property
    def shares_a_second(self) -> float:
        """From NATS to Redis."""
        return self.shares / self.seconds


async def outcome(source: Path, workers: int, shares: int) -> Outcome:
    """Fill a fresh log and have a fresh payouts work it off."""
    async with payouts_stage(source) as stage:
        end_ms = int(time.time() * 1000)
        last = await fill_log(stage.bus, workers=workers, shares=shares, end_ms=end_ms)
        measured = await work_off(stage, workers, shares, last)
        tallied = await stage.tallied()
    assert tallied == (shares, shares * work_from_difficulty(DIFFICULTY)), tallied
    return measured


async def work_off(stage: PayoutsStage, workers: int, shares: int, last_sequence: int) -> Outcome:
    """Start payouts and wait until its tallies are at the log's end."""
    launched = time.monotonic()
    await stage.lead()
    processes = [child_process(word) for word in (PAYOUTS, VALKEY, NATS)]
    pid = processes[0].pid
    before = [cpu_seconds(process) for process in processes]
    began, resident = time.monotonic(), [resident_bytes(pid)]
    for quarter in range(1, QUARTERS + 1):
        await stage.read_up_to(last_sequence * quarter // QUARTERS)
        resident.append(resident_bytes(pid))
    ended, after = time.monotonic(), [cpu_seconds(process) for process in processes]
    spent = [(late - early) / shares * 1e6 for early, late in zip(before, after, strict=True)]
    return Outcome(
        workers=workers,
        shares=shares,
        start_seconds=began - launched,
        seconds=ended - began,
        payouts_us=spent[0],
        valkey_us=spent[1],
        nats_us=spent[2],
        valkey_wait_ms=stage.longest_wait_seconds * 1000,
        resident_mib=[size / MIB for size in resident],
        peak_mib=peak_resident_bytes(pid) / MIB,
        tries_again=stage.tries_again,
    )


def table(outcomes: list[Outcome]) -> Iterator[str]:
    """Lines for people."""
    yield _row(
        "workers", "shares", "start s", "seconds", "shares/s", "payouts µs", "valkey µs", "nats µs",
        "wait ms", "MiB before", "1/4", "2/4", "3/4", "end", "peak", "again",
    )  # fmt: skip
    for one in outcomes:
        yield _row(
            f"{one.workers:,}",
            f"{one.shares:,}",
            f"{one.start_seconds:.1f}",
            f"{one.seconds:.1f}",
            f"{one.shares_a_second:,.0f}",
            f"{one.payouts_us:.1f}",
            f"{one.valkey_us:.1f}",
            f"{one.nats_us:.1f}",
            f"{one.valkey_wait_ms:.0f}",
            *(f"{mib:.0f}" for mib in one.resident_mib),
            f"{one.peak_mib:.0f}",
            str(one.tries_again),
        )


def _row(*cells: str) -> str:
    widths = (8, 10, 7, 8, 9, 10, 9, 7, 7, 10, 5, 5, 5, 5, 5, 5)
    return "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def runs(workers: list[int], shares: int, backlog: int) -> list[tuple[int, int]]:
    """Numbers of workers and of shares, the latter in whole batches; the last run is the great backlog."""
    numbers = [shares] * (len(workers) - 1) + [backlog]
    return [
        (count, -(-number // BATCH_SHARES) * BATCH_SHARES)
        for count, number in zip(workers, numbers, strict=True)
    ]


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ingestion", description=__doc__)
    parser.add_argument(
        "--source", type=Path, default=ROOT, help="checkout whose payouts is measured; default: this one"
    )
    parser.add_argument("--workers", type=int, nargs="+", default=list(WORKERS), help="one run each")
    parser.add_argument("--shares", type=int, default=SHARES, help="shares of each run but the last")
    parser.add_argument("--backlog", type=int, default=BACKLOG_SHARES, help="shares of the last run")
    parser.add_argument("--json", action="store_true", help="every outcome as a JSON line")
    given = parser.parse_args()
    outcomes = []
    for workers, shares in runs(given.workers, given.shares, given.backlog):
        outcomes.append(await outcome(given.source.resolve(), workers, shares))
        if given.json:
            print(json.dumps(asdict(outcomes[-1])), flush=True)
    if not given.json:
        print(*table(outcomes), sep="\n")


if __name__ == "__main__":
    uvloop.run(main())
