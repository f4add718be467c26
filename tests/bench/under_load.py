"""Any command beside a pool under load, to look where its time goes: `python -m tests.bench.under_load`.

In the command's words `{stratum}`, `{nats}`, `{payouts}` and `{valkey}` stand for the ids of the processes:

    python -m tests.bench.under_load -- py-spy record -d 5 -r 500 --native -o stratum.svg -p {stratum}
    python -m tests.bench.under_load --rate 1000 -- perf record -g -o payouts.perf -p {payouts} -- sleep 5
"""

from __future__ import annotations

import argparse
import asyncio

import uvloop

from tests.bench.bench_pool import sharing_pool
from tests.bench.full_job import full_job
from tests.bench.load_generator import Generator, Target
from tests.bench.share_runs import CONNECTIONS
from tests.stratum_work import ROOT

WARM_UP_SECONDS = 2.0


async def look(command: list[str], rate: int, seconds: float) -> None:
    """Run the command when the load is at its height."""
    async with sharing_pool(ROOT, full_job(1)) as pool:
        options: list[str | float] = ["--rate", rate] if rate else ["--window", 1]
        options += ["--settle", 0.5, "--warmup", WARM_UP_SECONDS, "--duration", seconds]
        target = Target(pool.stratum.port, tuple(pool.pids.values()))
        async with Generator().running(target, CONNECTIONS, *options) as running:
            await running.ready()
            await asyncio.sleep(WARM_UP_SECONDS)
            looking = await asyncio.create_subprocess_exec(*(word.format(**pool.pids) for word in command))
            await looking.wait()
            report = await running.report()
    print(f"{report.answers:,} shares, {report.per_s:,.0f} a second")
    for name, pid in pool.pids.items():
        print(f"{report.share_us(pid):8.1f} µs a share of {name}")


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.under_load", description=__doc__)
    parser.add_argument("--rate", type=int, default=0, help="shares a second; default: as fast as answered")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long the load lasts")
    parser.add_argument("command", nargs="+")
    given = parser.parse_args()
    uvloop.run(look(given.command, given.rate, given.seconds))


if __name__ == "__main__":
    main()
