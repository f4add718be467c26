"""What an accepted share and a new job cost the stratum service: `python -m tests.bench.share_cost --help`.

CPU time of the server process, so that the figure is its own whatever else the machine does; see
docs/benchmarks.md. A figure counts only if every share of it was accepted.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import uvloop

from nompcore import subjects
from nompcore.bus import Bus
from tests.bench.full_job import full_job
from tests.bench.json_child import JsonChild, json_child
from tests.bench.process_figures import cpu_microseconds
from tests.bench.source_process import running_service
from tests.stratum_work import NTIME, POOL, ROOT

EVERY_HASH = 1e-10
"""A share difficulty below 2^-32: the target is above every hash."""

CONNECTIONS = (100, 1000)
WARM_UP_SHARES = 4000
SHARES = 50_000
JOBS = 5
FLOOR = "floor"

NO_LIMITS = {"connectionsPerMinute": 0, "loginsPerMinute": 0}
"""All miners come from one address."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One measurement. CPU time is the server's; the floor knows no jobs."""

    server: str
    connections: int
    share_us: float
    job_us_per_miner: float | None = None
    job_spread_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure."""

    sources: tuple[Path, ...]
    connections: tuple[int, ...]
    shares: int
    repetitions: int


async def share_us(load: JsonChild, pid: int, job_number: int, shares: int) -> float:
    """CPU microseconds a share."""
    order = {"job_id": str(job_number), "ntime_hex": f"{NTIME:08x}"}
    await _accepted(load, {**order, "shares": WARM_UP_SHARES})
    before = cpu_microseconds(pid)
    await _accepted(load, {**order, "shares": shares})
    return (cpu_microseconds(pid) - before) / shares


async def _accepted(load: JsonChild, order: dict[str, str | int]) -> None:
    result = await load.ask(order)
    assert result == {"accepted": order["shares"], "errors": 0}, result


async def job_cost(load: JsonChild, pid: int, bus: Bus, connections: int) -> tuple[float, float]:
    """CPU microseconds a miner, and milliseconds from the first to the last miner, of one new job."""
    costs, spreads = [], []
    for number in range(2, 2 + JOBS):
        before = cpu_microseconds(pid)
        await bus.publish(subjects.JOB, full_job(number), pool=POOL)
        spreads.append((await load.ask({"heard": str(number)}))["spread_ms"])
        costs.append((cpu_microseconds(pid) - before) / connections)
    return median(costs), median(spreads)


async def service_cost(source: Path, connections: int, shares: int) -> Cost:
    """Measure a fresh service once."""
    async with (
        running_service(source, full_job(1), difficulty=EVERY_HASH, limits=NO_LIMITS) as (process, bus),
        json_child("tests.bench.share_load", process.port, connections) as load,
    ):
        await load.hear()
        cost = await share_us(load, process.pid, 1, shares)
        return Cost(str(source), connections, cost, *await job_cost(load, process.pid, bus, connections))


async def floor_cost(connections: int, shares: int) -> Cost:
    """Measure the floor once."""
    async with json_child("tests.bench.floor_server") as floor:
        port = (await floor.hear())["port"]
        async with json_child("tests.bench.share_load", port, connections) as load:
            await load.hear()
            return Cost(FLOOR, connections, await share_us(load, floor.pid, 1, shares))


async def measure(plan: Plan) -> AsyncIterator[Cost]:
    """Every measurement, versions in turn, so that a change of the machine's mood hits all of them."""
    for _ in range(plan.repetitions):
        for connections in plan.connections:
            yield await floor_cost(connections, plan.shares)
            for source in plan.sources:
                yield await service_cost(source, connections, plan.shares)


def medians(costs: list[Cost]) -> list[Cost]:
    """One line a server and number of connections."""
    groups: dict[tuple[int, str], list[Cost]] = {}
    for cost in costs:
        groups.setdefault((cost.connections, cost.server), []).append(cost)
    return [
        Cost(
            server,
            connections,
            median(cost.share_us for cost in group),
            *(
                _median([getattr(cost, name) for cost in group])
                for name in ("job_us_per_miner", "job_spread_ms")
            ),
        )
        for (connections, server), group in sorted(groups.items())
    ]


def _median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def table(costs: list[Cost]) -> Iterator[str]:
    """Lines for people."""
    floors = {cost.connections: cost.share_us for cost in costs if cost.server == FLOOR}
    yield _row("connections", "µs a share", "of floor", "µs a miner a job", "spread ms", "server")
    for cost in costs:
        yield _row(
            str(cost.connections),
            f"{cost.share_us:.1f}",
            f"{cost.share_us / floors[cost.connections]:.1f}",
            _shown(cost.job_us_per_miner),
            _shown(cost.job_spread_ms),
            cost.server,
        )


def _row(*cells: str) -> str:
    *figures, name = cells
    widths = (11, 10, 8, 16, 9)
    return "  ".join(f"{cell:>{width}}" for cell, width in zip(figures, widths, strict=True)) + f"  {name}"


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def parse_arguments() -> tuple[Plan, bool]:
    """The plan, and whether to print JSON lines."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.share_cost", description=__doc__)
    parser.add_argument(
        "--source",
        type=Path,
        action="append",
        help="checkout to measure, several to compare; default: this one",
    )
    parser.add_argument("--connections", type=int, nargs="+", default=list(CONNECTIONS))
    parser.add_argument("--shares", type=int, default=SHARES, help="measured shares a repetition")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="every measurement as a JSON line")
    given = parser.parse_args()
    sources = tuple(path.resolve() for path in given.source or [ROOT])
    return Plan(sources, tuple(given.connections), given.shares, given.repetitions), given.json


async def main() -> None:
    """Measure and print."""
    plan, as_json = parse_arguments()
    costs = []
    async for cost in measure(plan):
        costs.append(cost)
        if as_json:
            print(json.dumps(asdict(cost)), flush=True)
    if not as_json:
        print(*table(medians(costs)), sep="\n")


if __name__ == "__main__":
    uvloop.run(main())
