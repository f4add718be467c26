"""Which corrections a ledger has to take, told without it."""

from __future__ import annotations

from collections.abc import Mapping

from services.payouts.ledger import accounts
from services.payouts.ledger.corrections import Order

OWED = {accounts.FEE, accounts.RESERVE, accounts.SUSPENSE}
SPENT = {accounts.NETWORK_FEES, accounts.OPENING}
MINERS = [accounts.miner(name) for name in "abcd"]


def may_move(balances: Mapping[str, int], order: Order, suspended_sats: int) -> bool:
    """Whether nobody would owe the pool afterwards. `suspended_sats`: what suspense holds for blocks."""
    held = -balances.get(order.debit, 0)
    if order.debit == accounts.SUSPENSE:
        held -= suspended_sats
    is_covered = order.debit not in {*OWED, *MINERS} or order.sats <= held
    is_spent = order.credit not in SPENT or order.sats <= balances.get(order.credit, 0)
    return order.debit != order.credit and is_covered and is_spent
