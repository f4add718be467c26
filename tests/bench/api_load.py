"""What a request and a listener cost one replica of the api: `python -m tests.bench.api_load --help`.

The api runs as in production, beside a NATS that flushes each write; payouts is played and answers at once.
See docs/benchmarks.md. A figure counts only if every answer was good and every listener got every event.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import uvloop

from nompcore.descriptors import raise_descriptor_limit
from nompcore.messages import BlockSubmitted
from nompcore.subjects import BLOCK_SUBMITTED
from tests.bench.api_load_listeners import Crowd, crowd_of
from tests.bench.api_load_stage import MINER, ApiStage, api_stage
from tests.bench.api_load_wrk import require_wrk, wrk
from tests.bench.machine_facts import machine_facts
from tests.bench.process_figures import cpu_microseconds, resident_bytes
from tests.bench.result_table import Figures, table, write_results
from tests.stratum_work import ROOT
from tests.unit import api_samples as samples
from tests.unit.notifier_samples import block_submitted

NAME = "api_load"
FEED = "/api/v1/events"
KIB = 1024
MS = 1000.0

PATHS = {
    "/api/v1/pools": "/api/v1/pools",
    "/api/stats": "/api/stats",
    "pool page": f"/pools/{samples.POOL}",
    "miner page": f"/miners/{MINER}",
    "a miner, JSON": f"/api/v1/pools/{samples.POOL}/miners/{MINER}",
}
"""Name → path of what is asked for."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the command line says."""

    source: Path
    workers: int
    connections: int
    seconds: int
    listeners: int
    blocks: int


async def measure(plan: Plan) -> Figures:
    """Requests first, listeners with a fresh process after them."""
    figures: Figures = {"api": {}}
    async with api_stage(plan.source, workers=plan.workers, listeners=plan.listeners) as stage:
        for name, path in PATHS.items():
            figures["api"] |= {f"{name}: {key}": value async for key, value in requests(plan, stage, path)}
    async with api_stage(plan.source, workers=plan.workers, listeners=plan.listeners) as stage:
        figures["api"] |= await listeners(plan, stage)
    return figures


async def requests(plan: Plan, stage: ApiStage, path: str) -> AsyncIterator[tuple[str, float]]:
    """One path under wrk, after a moment of warming up."""
    url = stage.url(path)
    await wrk(url, connections=plan.connections, seconds=1)
    before = cpu_microseconds(stage.pid)
    result = await wrk(url, connections=plan.connections, seconds=plan.seconds)
    yield "requests/s", result.requests_a_second
    yield "µs of processor", (cpu_microseconds(stage.pid) - before) / result.requests
    yield "p50 ms", result.p50_ms
    yield "p99 ms", result.p99_ms


async def listeners(plan: Plan, stage: ApiStage) -> dict[str, float]:
    """Blocks told to everybody, one after the other."""
    memory = resident_bytes(stage.pid)
    async with crowd_of(plan.listeners, stage.port, FEED) as crowd:
        held = resident_bytes(stage.pid) - memory
        before, figures = cpu_microseconds(stage.pid), crowd.figures
        spreads = [await tell(stage, crowd, number) for number in range(1, plan.blocks + 1)]
        spent = cpu_microseconds(stage.pid) - before
        events = plan.listeners * plan.blocks + crowd.figures - figures
    name = f"{plan.listeners:,} listeners"
    return {
        f"{name}: KiB each": held / KIB / plan.listeners,
        f"{name}: µs an event": spent / events,
        f"{name}: block to the last, median ms": sorted(spreads)[len(spreads) // 2] * MS,
        f"{name}: block to the last, worst ms": max(spreads) * MS,
    }


async def tell(stage: ApiStage, crowd: Crowd, number: int) -> float:
    """Seconds from the message to the last listener that heard of it."""
    began = time.monotonic()
    await stage.bus.publish(BLOCK_SUBMITTED, block(number), pool=samples.POOL)
    await crowd.all_heard(number)
    return time.monotonic() - began


def block(number: int) -> BlockSubmitted:
    """The pool's block of this number."""
    return msgspec.structs.replace(
        block_submitted(), pool=samples.POOL, height=number, block_hash_display=f"{number:064x}"
    )


def parse_arguments() -> Plan:
    """The command line."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.bench.{NAME}", description=__doc__)
    parser.add_argument("--source", type=Path, default=ROOT, help="checkout whose api is measured")
    parser.add_argument("--workers", type=int, default=200, help="of the pool, each in /api/stats")
    parser.add_argument("--connections", type=int, default=32, help="of wrk")
    parser.add_argument("--seconds", type=int, default=5, help="for each path")
    parser.add_argument("--listeners", type=int, default=2000)
    parser.add_argument("--blocks", type=int, default=20, help="told to each listener")
    given = vars(parser.parse_args())
    return Plan(**{**given, "source": given["source"].resolve()})


async def main() -> None:
    """Measure, print and write down."""
    plan = parse_arguments()
    require_wrk()
    raise_descriptor_limit()
    facts = machine_facts()
    figures = await measure(plan)
    print(*table(figures), "", sep="\n")
    print(f"all figures: {write_results(NAME, facts, figures).relative_to(ROOT)}")


if __name__ == "__main__":
    uvloop.run(main())
