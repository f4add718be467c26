"""From a new tip at the daemon to the job on NATS: `python -m tests.bench.tip_to_job --help`.

For each signal by which jobmaker can learn of a block, with a template of 4,000 transactions; and what such a
template costs a processor, step by step. See docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import uvloop

from tests.bench.template_cpu import OURS, RPC, Step, template_cpu
from tests.bench.tip_signals import POLL, SIGNALS
from tests.bench.tip_stage import POLL_MS, Delay, TipStage, tip_stage
from tests.stratum_work import ROOT

TIPS = 20
WARM_UP_TIPS = 2
PAUSE_SECONDS = 0.25
"""After a full job: what still is to be done for it is over by then."""

IDLE_SECONDS = 6.0
"""Longer than any interval of what jobmaker does by itself."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One signal: milliseconds from the tip to the first job of its height, and to the one with transactions.

    The processor time is that of the jobmaker process, without what it takes when nothing happens.
    """

    signal: str
    tips: int
    first_median_ms: float
    first_worst_ms: float
    full_median_ms: float
    full_worst_ms: float
    cpu_ms_a_tip: float
    templates_a_tip: float


async def outcome(signal: str, source: Path, tips: int) -> Outcome:
    """Change the tip of a fresh daemon of a fresh jobmaker again and again."""
    async with tip_stage(signal, source) as stage:
        await change_tips(stage, signal, WARM_UP_TIPS)
        before = stage.cpu_seconds()
        await asyncio.sleep(IDLE_SECONDS)
        idle_share = (stage.cpu_seconds() - before) / IDLE_SECONDS
        templates, started, before = stage.templates, time.monotonic(), stage.cpu_seconds()
        delays = await change_tips(stage, signal, tips)
        spent = stage.cpu_seconds() - before - idle_share * (time.monotonic() - started)
        firsts, fulls = [delay.first_ms for delay in delays], [delay.full_ms for delay in delays]
        return Outcome(
            signal=signal,
            tips=tips,
            first_median_ms=median(firsts),
            first_worst_ms=max(firsts),
            full_median_ms=median(fulls),
            full_worst_ms=max(fulls),
            cpu_ms_a_tip=spent / tips * 1000,
            templates_a_tip=(stage.templates - templates) / tips,
        )


async def change_tips(stage: TipStage, signal: str, tips: int) -> list[Delay]:
    """One after the other; where jobmaker polls, they fall on all moments between two looks of it."""
    spread_seconds = POLL_MS / 1000 if signal == POLL else 0.0
    delays = []
    for number in range(tips):
        delays.append(await stage.change_tip())
        await asyncio.sleep(PAUSE_SECONDS + spread_seconds * number / tips)
    return delays


def tip_table(outcomes: list[Outcome]) -> Iterator[str]:
    """Lines for people."""
    yield _row("signal", "first ms", "worst", "full ms", "worst", "CPU ms", "templates")
    for one in outcomes:
        yield _row(
            one.signal,
            f"{one.first_median_ms:.1f}",
            f"{one.first_worst_ms:.1f}",
            f"{one.full_median_ms:.1f}",
            f"{one.full_worst_ms:.1f}",
            f"{one.cpu_ms_a_tip:.1f}",
            f"{one.templates_a_tip:.1f}",
        )


def cpu_table(steps: list[Step]) -> Iterator[str]:
    """Lines for people, each part of them summed up."""
    yield f"{'step':20}  {'part':4}  {'CPU ms':>8}"
    sums = [
        Step("together", part, sum(step.cpu_ms for step in steps if step.part == part))
        for part in (RPC, OURS)
    ]
    for step in [*steps, *sums]:
        yield f"{step.step:20}  {step.part:4}  {step.cpu_ms:8.3f}"


def _row(name: str, *cells: str) -> str:
    return "  ".join([f"{name:8}", *(f"{cell:>9}" for cell in cells)])


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.tip_to_job", description=__doc__)
    parser.add_argument(
        "--source", type=Path, default=ROOT, help="checkout whose jobmaker is measured; default: this one"
    )
    parser.add_argument("--signals", nargs="+", choices=SIGNALS, default=list(SIGNALS), metavar="SIGNAL")
    parser.add_argument("--tips", type=int, default=TIPS, help="tip changes a signal")
    parser.add_argument("--json", action="store_true", help="every outcome and step as a JSON line")
    given = parser.parse_args()
    steps, outcomes = await template_cpu(), []
    for signal in given.signals:
        outcomes.append(await outcome(signal, given.source.resolve(), given.tips))
        if given.json:
            print(json.dumps(asdict(outcomes[-1])), flush=True)
    if given.json:
        print(*(json.dumps(asdict(step)) for step in steps), sep="\n")
    else:
        print(*tip_table(outcomes), "", *cpu_table(steps), sep="\n")


if __name__ == "__main__":
    uvloop.run(main())
