"""A round of very many miners closed, credited and paid: `python -m tests.bench.great_round --help`.

What each step takes of this process's time and memory, with the ledger on SQLite; see docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict

import uvloop

from services.payouts.ledger import accounts
from services.payouts.ledger.blocks_ledger import Crediting
from services.payouts.rounds.rewards import split
from tests.bench.bench_miners import addresses
from tests.bench.paying_wallet import paying_wallet
from tests.bench.round_books import BLOCK, Books, fill_tallies, new_books
from tests.bench.round_payments import new_planner, pay
from tests.bench.step_meter import Step, StepMeter
from tests.unit.payouts_samples import POOL, START_MS, outcome

ADDRESSES = 100_000
PAYMENTS = 16
"""The first ones, which have the most to choose from; more than may be under way."""

SATS_EACH = 10**8
"""Of the reward, on average: even the smallest part is above the minimum payment."""

FEE_PPM = 10_000


async def measure(count: int, payments: int) -> list[Step]:
    """The way of one round of so many addresses, as far as so many payments take it."""
    names, reward_sats = addresses(count), count * SATS_EACH
    async with new_books() as books, StepMeter().running() as meter:
        await fill_tallies(books.tallies, names, reward_sats)
        await _split_alone(books, meter, reward_sats)
        await _close_and_credit(books, meter, reward_sats)
        async with paying_wallet(2 * reward_sats) as wallet:
            planner = new_planner(books.ledger, wallet, names[0])
            paid = await pay(books.ledger, planner, meter, payments=payments)
        balances = await asyncio.to_thread(books.ledger.balances, POOL)
    assert sum(balances.values()) == 0, "the books do not balance"
    assert len([*filter(accounts.miner_address, balances)]) == count - paid, "others were paid than due"
    return meter.steps()


async def _split_alone(books: Books, meter: StepMeter, reward_sats: int) -> None:
    """The arithmetic, which is a part of crediting."""
    (pending,) = await books.tallies.pending_rounds()
    async with meter.measured("split a reward"):
        parts = await asyncio.to_thread(split, reward_sats, FEE_PPM, pending.weights)
    assert parts.fee_sats + sum(parts.credits.values()) == reward_sats


async def _close_and_credit(books: Books, meter: StepMeter, reward_sats: int) -> None:
    """The block is accepted, its round taken over, its reward mature."""
    blocks = books.ledger.blocks
    await asyncio.to_thread(blocks.record_outcome, outcome(BLOCK, reward_sats=reward_sats))
    async with meter.measured("close the round"):
        await books.closer.close_rounds()
    (block,) = await asyncio.to_thread(blocks.unsettled, POOL)
    assert block.round_closed
    async with meter.measured("credit the reward"):
        crediting = await asyncio.to_thread(
            blocks.confirm, block.id, reward_sats=reward_sats, fee_ppm=FEE_PPM, confirmations=101,
            now_ms=START_MS,
        )  # fmt: skip
    assert crediting is Crediting.CREDITED


def table(steps: list[Step]) -> Iterator[str]:
    """Lines for people."""
    yield _row("step", "times", "together s", "CPU s", "median ms", "worst ms", "held up ms", "peak MiB")
    for one in steps:
        yield _row(
            one.step,
            str(one.times),
            f"{one.together_seconds:.2f}",
            f"{one.cpu_seconds:.2f}",
            f"{one.median_ms:.1f}",
            f"{one.worst_ms:.1f}",
            f"{one.held_up_ms:.1f}",
            f"{one.peak_mib:.0f}",
        )


def _row(name: str, *cells: str) -> str:
    return "  ".join([f"{name:19}", *(f"{cell:>10}" for cell in cells)])


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.great_round", description=__doc__)
    parser.add_argument("--addresses", type=int, default=ADDRESSES, help="miners in the round")
    parser.add_argument(
        "--payments", type=int, default=PAYMENTS, help="at most; about 1,500 addresses fit into one"
    )
    parser.add_argument("--json", action="store_true", help="every step as a JSON line")
    given = parser.parse_args()
    steps = await measure(given.addresses, given.payments)
    if given.json:
        print(*(json.dumps(asdict(step)) for step in steps), sep="\n")
    else:
        print(*table(steps), sep="\n")


if __name__ == "__main__":
    uvloop.run(main())
