"""The whole pool under load, beside the least that C and Python can do: `python -m tests.bench.pool_load`.

Real services, a real NATS that flushes each write, a real Valkey; see docs/performance.md. A figure counts
only if every share was accepted and, in the pool, is in the tallies at the end.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import uvloop

from nompcore.descriptors import raise_descriptor_limit
from tests.bench.bench_pool import sharing_pool
from tests.bench.full_job import full_job
from tests.bench.job_runs import job_runs, peer_job_figures
from tests.bench.load_generator import Generator, Target
from tests.bench.machine_facts import machine_facts
from tests.bench.result_table import Figures, table, write_results
from tests.bench.rival_servers import C_CHECK, FLOORS, PYTHON_CHECK, Peer, floor, peer_server
from tests.bench.scrypt_flood import scrypt_figures
from tests.bench.share_runs import IDLE_CONNECTIONS, ShareRuns, stay_idle
from tests.stratum_work import ADDRESS, ROOT

POOL = "pool"
SHARES, JOBS, SCRYPT = "shares", "jobs", "scrypt"
PARTS = (SHARES, JOBS, SCRYPT)

SPARE_DESCRIPTORS = 200
"""Beside miners: listeners, NATS, logs."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure."""

    source: Path
    generator: Generator
    floors: Sequence[str]
    peers: Sequence[Peer]
    repetitions: int
    parts: Sequence[str]

    def rivals(self) -> dict[str, Callable[[], AbstractAsyncContextManager[Target]]]:
        """By name, how to run each."""
        floors = {name: partial(floor, name) for name in self.floors}
        return {**floors, **{peer.name: partial(peer_server, peer) for peer in self.peers}}


async def measure(plan: Plan) -> Figures:
    """All parts, one after the other."""
    figures: Figures = {name: {} for name in (POOL, *plan.rivals())}
    if SHARES in plan.parts:
        figures = await share_figures(plan)
    if JOBS in plan.parts:
        await idle_figures(plan, figures)
    if SCRYPT in plan.parts:
        figures[POOL] |= await scrypt_figures(plan.generator, plan.source)
    return figures


async def share_figures(plan: Plan) -> Figures:
    """The servers take turns, so that a change of the machine's mood hits all of them."""
    rivals = plan.rivals()
    runs = {name: ShareRuns() for name in (POOL, *rivals)}
    pids = []
    for _ in range(plan.repetitions):
        pids.append(await _load_pool(plan, runs[POOL]))
        for name, server in rivals.items():
            async with server() as target:
                await runs[name].repeat(plan.generator, target)
    figures = {name: run.figures() for name, run in runs.items()}
    figures[POOL] |= runs[POOL].process_figures(pids)
    return figures


async def idle_figures(plan: Plan, figures: Figures) -> None:
    """Add what miners without shares cost, and when they hear of blocks, of every server."""
    figures[POOL] |= (await job_runs(plan.generator, plan.source)).figures()
    for name, server in plan.rivals().items():
        peer = next((peer for peer in plan.peers if peer.name == name and peer.new_block), None)
        async with server() as target:
            if peer is not None:
                figures[name] |= await peer_job_figures(plan.generator, peer, target)
            else:
                figures[name] |= await stay_idle(plan.generator, target)


async def _load_pool(plan: Plan, runs: ShareRuns) -> dict[str, int]:
    """One repetition with fresh services; their processes by name."""
    async with sharing_pool(plan.source, full_job(1)) as pool:
        target = Target(pool.stratum.port, tuple(pool.pids.values()))
        await pool.await_tallied(await runs.repeat(plan.generator, target))
        return pool.pids


def parse_arguments() -> tuple[Plan, str]:
    """The plan, and the name of the results."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pool_load", description=__doc__)
    parser.add_argument("--source", type=Path, default=ROOT, help="checkout to measure; default: this one")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    parser.add_argument(
        "--floors", nargs="*", choices=FLOORS, default=[C_CHECK, PYTHON_CHECK], metavar="FLOOR"
    )
    parser.add_argument("--repetitions", type=int, default=3, help="of what is measured with shares")
    parser.add_argument("--stratumload", type=Path, help="another load generator, with the same options")
    parser.add_argument(
        "--peer", action="append", default=[], metavar="COMMAND", help="a server to be measured beside this"
    )
    parser.add_argument("--peer-port", type=int, action="append", default=[], help="where it listens")
    parser.add_argument("--peer-name", action="append", default=[], help="default: its program's name")
    parser.add_argument("--peer-new-block", default="", metavar="COMMAND", help="changes its daemon's tip")
    parser.add_argument("--peer-births", default="", metavar="FILE", help="where the daemon notes its blocks")
    parser.add_argument("--peer-user", default=f"{ADDRESS}.rig%d", help="its miners' names, with one %%d")
    parser.add_argument("--name", default="pool_load", help="of the results in var/bench")
    given = parser.parse_args()
    names = given.peer_name or [Path(command.split()[0]).name for command in given.peer]
    if not len(names) == len(given.peer) == len(given.peer_port):
        parser.error("each --peer needs a --peer-port, and all or none a --peer-name")
    peers = [
        Peer(name, command, port, given.peer_user, given.peer_new_block, given.peer_births)
        for name, command, port in zip(names, given.peer, given.peer_port, strict=True)
    ]
    generator = Generator(given.stratumload and given.stratumload.resolve())
    plan = Plan(given.source.resolve(), generator, given.floors, peers, given.repetitions, given.parts)
    return plan, given.name


def allow_connections() -> None:
    """As many as the kernel lets this process and its children have, if that is enough."""
    descriptors, needed = raise_descriptor_limit(), IDLE_CONNECTIONS + SPARE_DESCRIPTORS
    if descriptors < needed:
        sys.exit(f"{needed:,} open files are needed, {descriptors:,} allowed: see ulimit -Hn")


async def main() -> None:
    """Measure, print and write down."""
    plan, name = parse_arguments()
    allow_connections()
    facts = machine_facts()
    figures = await measure(plan)
    print(*table(figures), "", sep="\n")
    print(f"all figures: {write_results(name, facts, figures).relative_to(ROOT)}")


if __name__ == "__main__":
    uvloop.run(main())
