"""Steps of the ledger that its tests take to get where they want to be."""

from __future__ import annotations

from services.payouts.ledger import accounts
from services.payouts.ledger.blocks_ledger import Closing, Crediting
from services.payouts.ledger.ledger import Ledger
from services.payouts.payments.payees import Payee
from tests.unit.payouts_samples import POOL, block_hash, candidate, outcome

REWARD = 50_00000000
NOW = 1_763_900_000_000


def block_id(ledger: Ledger, number: int) -> int:
    """The row id of a block that is not settled."""
    (found,) = [block.id for block in ledger.blocks.unsettled(POOL) if block.block_hash == block_hash(number)]
    return found


def close_accepted(ledger: Ledger, number: int, weights: dict[str, int]) -> int:
    """An accepted block with its round; returns its row id."""
    ledger.blocks.record_outcome(outcome(number))
    assert ledger.blocks.close_round(POOL, candidate(number), weights, NOW, round_work=1) is Closing.CLOSED
    return block_id(ledger, number)


def confirm(ledger: Ledger, row_id: int, *, fee_ppm: int = 0, reward_sats: int = REWARD) -> Crediting:
    """The chain says that the block is mature."""
    return ledger.blocks.confirm(
        row_id, reward_sats=reward_sats, fee_ppm=fee_ppm, confirmations=101, now_ms=NOW
    )


def credited(ledger: Ledger, *addresses: str) -> None:
    """One mature block, shared equally."""
    confirm(ledger, close_accepted(ledger, 1, dict.fromkeys(addresses, 1)))


def intend(ledger: Ledger, payment_id: str, **amounts: int) -> bool:
    """An intent to pay these miners."""
    payees = [Payee(accounts.miner(address), address, sats) for address, sats in amounts.items()]
    return ledger.payments.create_intent(payment_id, POOL, payees, NOW)


def statuses(ledger: Ledger) -> dict[str, str]:
    """Block hash → status."""
    return {row.block_hash_display: row.status for row in ledger.reports.block_page(POOL, 0, 100).blocks}
