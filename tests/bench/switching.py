"""Switching ports under random orders: is every share credited to its coin, and how long does a switch take?

Two scrypt and two sha256 coins behind two ports, two stratum replicas, a real NATS with fsync. The miners
send shares all the time, of the newest job and of those before it, also of pools left, and now and then one a
second time. Ends with 1 when a share is lost, credited elsewhere or twice, or when a miner had to reconnect.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from random import Random

import uvloop

from tests.switching_stage import (
    POOLS,
    SWITCHES,
    SwitchingStage,
    accounts_of,
    submit_for_ever,
    switching_stage,
)

JOB_EACH_ORDERS = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run gave; `seconds` from an order to the last miner's new job, the quickest first."""

    promised: int
    by_pool: dict[str, int]
    missing: int  # promised, but not in the log of the coin
    surplus: int  # in a log, but not promised there: credited elsewhere or twice
    refused: dict[str, int]
    repeats_taken: int
    miners: int
    reconnected: int
    seconds: list[float]

    @property
    def is_whole(self) -> bool:
        """Whether nobody lost anything."""
        wrong = self.missing + self.surplus + sum(self.refused.values()) + self.repeats_taken
        return wrong + self.reconnected == 0


async def run(miners: int, orders: int, shares_per_second: float, seed: int) -> Outcome:
    """One run on servers of its own."""
    random = Random(seed)
    with tempfile.TemporaryDirectory() as directory:
        async with switching_stage(Path(directory)) as stage:
            for switch in SWITCHES:
                await stage.connect(switch, miners // len(SWITCHES))
            mining = asyncio.create_task(submit_for_ever(stage, shares_per_second, random))
            seconds = await _order_at_random(stage, orders, random)
            mining.cancel()
            await stage.settled()
            return await _outcome(stage, seconds)


async def _order_at_random(stage: SwitchingStage, orders: int, random: Random) -> list[float]:
    """Each order is a switch to another pool; new jobs come in between."""
    seconds = []
    for number in range(orders):
        switch = random.choice(list(SWITCHES))
        others = [pool for pool in SWITCHES[switch] if pool != stage.mined[switch]]
        seconds.append(await stage.order(switch, random.choice(others)))
        if number % JOB_EACH_ORDERS == 0:
            await stage.publish(random.choice(POOLS))
        await asyncio.sleep(random.uniform(0, 0.2))
    return sorted(seconds)


async def _outcome(stage: SwitchingStage, seconds: list[float]) -> Outcome:
    promised = stage.promised()
    stored = accounts_of(await stage.stored())
    refused: dict[str, int] = {}
    for miner in stage.everybody:
        for reason, count in miner.refused.items():
            refused[reason] = refused.get(reason, 0) + count
    return Outcome(
        promised=promised.total(),
        by_pool={name: sum(n for (pool, _, _), n in stored.items() if pool == name) for name in POOLS},
        missing=(promised - stored).total(),
        surplus=(stored - promised).total(),
        refused=refused,
        repeats_taken=sum(miner.doubles_taken for miner in stage.everybody),
        miners=len(stage.everybody),
        reconnected=sum(miner.connections != 1 or len(miner.extranonces) != 1 for miner in stage.everybody),
        seconds=seconds,
    )


def report(outcome: Outcome) -> list[str]:
    """The figures, a line each."""
    seconds = outcome.seconds
    refused = ", ".join(f"{count} {reason}" for reason, count in outcome.refused.items()) or "0"
    rows = {
        "miners connected": str(outcome.miners),
        "switches": str(len(seconds)),
        "shares answered true": str(outcome.promised),
        **{f"  credited to {pool}": str(count) for pool, count in outcome.by_pool.items()},
        "of them lost": str(outcome.missing),
        "credited elsewhere or twice": str(outcome.surplus),
        "new shares refused": refused,
        "repeated shares taken": str(outcome.repeats_taken),
        "miners that reconnected": str(outcome.reconnected),
        "order to last new job, median": f"{_at(seconds, 0.5) * 1000:.0f} ms",
        "order to last new job, 95 %": f"{_at(seconds, 0.95) * 1000:.0f} ms",
        "order to last new job, longest": f"{seconds[-1] * 1000:.0f} ms",
    }
    return [f"{name:34}{value:>12}" for name, value in rows.items()]


def _at(ordered: list[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


async def main() -> int:
    """Measure and print; 1 when somebody lost something."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.switching", description=__doc__)
    parser.add_argument("--miners", type=int, default=200)
    parser.add_argument("--switches", type=int, default=100)
    parser.add_argument("--shares-per-second", type=float, default=1000.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    outcome = await run(given.miners, given.switches, given.shares_per_second, given.seed)
    print(*report(outcome), sep="\n")
    return 0 if outcome.is_whole else 1


if __name__ == "__main__":
    sys.exit(uvloop.run(main()))
