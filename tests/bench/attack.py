"""How much an honest miner notices of an attack: `python -m tests.bench.attack --help`.

For each attack a fresh service: the miner submits a real share every 50 ms, first alone, then beside the
attackers, which run in a process of their own that gives way to the others; see docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import uvloop

from tests.bench.hangups import hangups, open_connections
from tests.bench.honest_miner import HONEST_IP, PROXIED_IP, HonestMiner, log_in
from tests.bench.json_child import json_child
from tests.bench.process_figures import peak_resident_bytes, resident_bytes
from tests.bench.source_process import SourceProcess, running_service
from tests.servers import wait_until
from tests.stratum_attackers import JOB_ID, proxy_header
from tests.stratum_stage import metrics
from tests.stratum_work import ROOT, make_job

MIB = 1024 * 1024
QUIET_SECONDS, ATTACK_SECONDS = 4.0, 8.0
GIVE_WAY = 19  # niceness of the attackers: what is measured is the server, not a fight for the processor

ATTACKERS = {
    "silence": 5000,
    "endless-line": 20,
    "drip": 200,
    "newlines": 40,
    "deafness": 50,
    "deaf-shares": 20,
    "bad-shares": 20,
    "spoofed-proxy": 20,
    "new-logins": 20,
    "same-logins": 20,
}

PROXY_KEYS: dict[str, Any] = {
    "tcpProxyProtocol": True,
    "tcpProxyNetworks": [HONEST_IP],
    "tcpProxyRequired": False,  # so that the attackers' headers are read at all
}


@dataclass(frozen=True, slots=True)
class Feelings:
    """What the honest miner felt of an attack: from submit to answer, and what became of its shares."""

    quiet_ms: float  # median
    attacked_ms: float  # median
    worst_ms: float
    accepted: int
    lost: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attack on one server; `hangups` by reason and `attackers`' tally say what was done about it."""

    server: str
    attack: str
    miner: Feelings
    before_mib: float
    peak_mib: float
    after_mib: float
    hangups: dict[str, int]
    attackers: dict[str, int]


async def outcome(source: Path, attack: str, *, bans: bool) -> Outcome:
    """Attack a fresh service."""
    is_proxied = attack == "spoofed-proxy"
    keys = {"banning": {"enabled": bans}, **(PROXY_KEYS if is_proxied else {})}
    job = make_job(JOB_ID)
    async with running_service(source, job, **keys) as (process, _):
        miner = await log_in(process.port, job, proxy_header(PROXIED_IP) if is_proxied else b"")
        before = resident_bytes(process.pid)
        feelings, tally = await beside(miner, process, attack)
        await wait_until(lambda: _are_gone(process), what="the attackers' connections are forgotten")
        return Outcome(
            server=str(source),
            attack=attack,
            miner=feelings,
            before_mib=before / MIB,
            peak_mib=peak_resident_bytes(process.pid) / MIB,
            after_mib=resident_bytes(process.pid) / MIB,
            hangups=dict(hangups(await metrics(process))),
            attackers=tally,
        )


async def beside(miner: HonestMiner, process: SourceProcess, attack: str) -> tuple[Feelings, dict[str, int]]:
    """Mine alone, then beside the attackers; what the miner felt, and their tally."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(miner.mine())
        await asyncio.sleep(QUIET_SECONDS)
        quiet = len(miner.latencies_seconds)
        async with json_child(
            "tests.stratum_attackers", attack, process.port, ATTACKERS[attack], niceness=GIVE_WAY
        ) as attackers:
            await attackers.hear()
            formed = len(miner.latencies_seconds)
            await asyncio.sleep(ATTACK_SECONDS)
            answered = len(miner.latencies_seconds)
            tally = await attackers.ask({})
        miner.stopping.set()
    attacked = miner.latencies_seconds[formed : answered + 1]  # with the share that was under way at the end
    feelings = Feelings(
        quiet_ms=median(miner.latencies_seconds[:quiet]) * 1000,
        attacked_ms=median(attacked) * 1000 if attacked else math.inf,
        worst_ms=max(miner.latencies_seconds[quiet:]) * 1000,
        accepted=len(miner.promised),
        lost=miner.lost,
    )
    return feelings, tally


async def _are_gone(process: SourceProcess) -> bool:
    return open_connections(await metrics(process)) <= 1


def table(outcomes: list[Outcome]) -> Iterator[str]:
    """Lines for people."""
    yield _row(
        "attack", "quiet ms", "attacked ms", "ratio", "worst ms", "accepted", "lost", "MiB before", "peak",
        "after", "hung up",
    )  # fmt: skip
    for one in outcomes:
        miner = one.miner
        yield _row(
            one.attack,
            f"{miner.quiet_ms:.1f}",
            f"{miner.attacked_ms:.1f}",
            f"{miner.attacked_ms / miner.quiet_ms:.1f}",
            f"{miner.worst_ms:.1f}",
            str(miner.accepted),
            str(miner.lost),
            f"{one.before_mib:.0f}",
            f"{one.peak_mib:.0f}",
            f"{one.after_mib:.0f}",
            ", ".join(f"{reason} {count}" for reason, count in one.hangups.items()) or "nobody",
        )


def _row(name: str, *cells: str) -> str:
    *figures, last = cells
    widths = (8, 11, 5, 8, 8, 4, 10, 4, 5)
    shown = (f"{cell:>{width}}" for cell, width in zip(figures, widths, strict=True))
    return "  ".join([f"{name:13}", *shown, last])


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.attack", description=__doc__)
    parser.add_argument("--source", type=Path, default=ROOT, help="checkout to attack; default: this one")
    parser.add_argument("--attacks", nargs="+", choices=ATTACKERS, default=list(ATTACKERS), metavar="ATTACK")
    parser.add_argument(
        "--no-bans", action="store_true", help="ban nobody: as if each attacker came from another address"
    )
    parser.add_argument("--json", action="store_true", help="every outcome as a JSON line")
    given = parser.parse_args()
    outcomes = []
    for attack in given.attacks:
        outcomes.append(await outcome(given.source.resolve(), attack, bans=not given.no_bans))
        if given.json:
            print(json.dumps(asdict(outcomes[-1])), flush=True)
    if not given.json:
        print(*table(outcomes), sep="\n")


if __name__ == "__main__":
    uvloop.run(main())
