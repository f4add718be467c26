"""Does it pay to mine only at the beginning of rounds? What a hopper earns of each scheme, a share.

    python -m tests.bench.pool_hopping [blocks]

A pool finds a block every four hours on average; shares come at a steady pace. One miner in twenty hops: it
mines while the round is young and goes elsewhere for the rest. Figures are what a share of its earns in this
pool, in what the pool's shares earn on average, which leaves luck out; 1 is fair. The schemes are the pool's
own code with its default parameters, all of them in the same history of shares.
"""

from __future__ import annotations

import math
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from nompcore.config import SchemeConfig
from nompcore.messages import Share
from nompcore.target import WORK_PER_DIFFICULTY
from services.payouts.counting.tally_batch import Candidate
from services.payouts.rounds.rewards import split
from services.payouts.schemes.choice import AnyScheme, scheme_named
from services.payouts.schemes.pps import PARTS_PER_SAT, worth
from services.payouts.schemes.scheme import LogShare

REWARD = 10**12
NETWORK_DIFFICULTY = 800  # shares of difficulty 1 that a block takes on average
ROUND_SECONDS = 4 * 3600
HOPPER, HONEST = "hopper", "honest"
HOPPERS_PART = 1 / 20
KEPT_SHARES = 6 * NETWORK_DIFFICULTY  # the largest window, twelve hours, is three times that of a round

SCHEMES = ("prop", "pplns", "pplnt", "solo", "pps", "score")
BEFORE_43_PERCENT, FIRST_MINUTES, ALWAYS = 0.435, 0.02, math.inf
"""Until when a hopper stays, in network difficulties of work in the round."""


@dataclass(slots=True)
class Earnings:
    """What a hopper's shares earned, among all shares of the pool and all that it paid."""

    shares: int = 0
    sats: float = 0
    pool_shares: int = 0
    pool_sats: float = 0
    by_block: list[float] = field(default_factory=list)

    @property
    def per_share(self) -> float:
        """In what a share of the pool earned on average."""
        return self.sats / self.shares / (self.pool_sats / self.pool_shares)

    @property
    def standard_error(self) -> float:
        """Of `per_share`, from the spread over the blocks."""
        mean = self.sats / len(self.by_block)
        variance = sum((sats - mean) ** 2 for sats in self.by_block) / len(self.by_block)
        return self.per_share * math.sqrt(variance / len(self.by_block)) / mean if mean else 0.0


def simulate(names: tuple[str, ...], leaves_at: float, *, blocks: int, seed: int) -> dict[str, Earnings]:
    """Scheme → the hopper's earnings in the same history of shares."""
    schemes = {name: scheme_named(name, SchemeConfig()) for name in names}
    earned = {name: Earnings() for name in names}
    for log, round_shares, hoppers in _blocks(leaves_at, blocks, seed):
        for name, scheme in schemes.items():
            sats = _hoppers_sats(scheme, log, round_shares, hoppers)
            sums = earned[name]
            sums.shares += hoppers
            sums.sats += sats
            sums.pool_shares += round_shares
            sums.pool_sats += _worth_sats() * round_shares if scheme.pays_shares else REWARD
            sums.by_block.append(sats)
    return earned


def _blocks(leaves_at: float, blocks: int, seed: int) -> Iterator[tuple[list[LogShare], int, int]]:
    """For each block: the last shares, how many of them are of its round, how many of those the hopper's."""
    random = Random(seed)
    step_ms = ROUND_SECONDS * 1000 // NETWORK_DIFFICULTY
    log: deque[LogShare] = deque(maxlen=KEPT_SHARES)
    now_ms = found = in_round = hoppers = 0
    while found < blocks:
        is_hopper = in_round < leaves_at * NETWORK_DIFFICULTY and random.random() < HOPPERS_PART
        log.append(LogShare(HOPPER if is_hopper else HONEST, WORK_PER_DIFFICULTY, now_ms))
        now_ms, in_round, hoppers = now_ms + step_ms, in_round + 1, hoppers + is_hopper
        if random.random() < 1 / NETWORK_DIFFICULTY:
            yield list(log), in_round, hoppers
            found, in_round, hoppers = found + 1, 0, 0


def _hoppers_sats(scheme: AnyScheme, log: list[LogShare], round_shares: int, hoppers: int) -> float:
    """What one block, or with PPS its round, earns the hopper."""
    if scheme.pays_shares:
        return hoppers * _worth_sats()
    weights = _weights(scheme, log, round_shares)
    return split(REWARD, 0, weights).credits.get(HOPPER, 0)


def _weights(scheme: AnyScheme, log: list[LogShare], round_shares: int) -> dict[str, int]:
    last = log[-1]
    window = scheme.window(
        Candidate("", 1, last.address, last.address, 1.0, REWARD, last.time_ms, 1, NETWORK_DIFFICULTY)
    )
    assert window is not None
    in_reach = log if scheme.reach.value == "era" else log[-round_shares:]
    for share in reversed(in_reach):
        if window.is_full:
            break
        window.add(share)
    return window.weights


def _worth_sats() -> float:
    share = Share(
        worker=HOPPER, address=HOPPER, difficulty=1, share_difficulty=1, job_id="", height=1, time_ms=0,
        ip="", port=0, reward_sats=REWARD, network_difficulty=NETWORK_DIFFICULTY,
    )  # fmt: skip
    return (worth(share, 0) or 0) / PARTS_PER_SAT


def main(blocks: int) -> None:
    """Print the table of docs/schemes.md."""
    print("| scheme | always | until 43.5 % of D | the first minutes |\n|---|---|---|---|")
    runs = [
        simulate(SCHEMES, leaves_at, blocks=blocks, seed=1)
        for leaves_at in (ALWAYS, BEFORE_43_PERCENT, FIRST_MINUTES)
    ]
    for name in SCHEMES:
        figures = (f"{run[name].per_share:.2f} ± {run[name].standard_error:.2f}" for run in runs)
        print(f"| {name.upper()} | {' | '.join(figures)} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4000)
