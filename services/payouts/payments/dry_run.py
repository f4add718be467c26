"""What a payer would do now, told without doing it."""

from __future__ import annotations

import asyncio
from typing import Final

from nompcore.errors import LedgerError
from nompcore.requests import BalanceLeftOut, DryRun
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.payments_ledger import Payment, State
from services.payouts.payments.payees import LeftOut
from services.payouts.payments.payment_plan import MAX_UNCONFIRMED, Plan, Planner, Stopped, require_sound
from services.payouts.payments.wallet_trouble import WalletUnavailable

MAX_LEFT_OUT: Final = 500
"""Rows of one reply: some 60 kB, however many balances are small."""

_IN_THE_WAY: Final = "payment {} is {}: nothing new is begun before that is settled"


async def dry_run(ledger: Ledger, planner: Planner, pool: str) -> DryRun:
    """The payment that would be sent now. Locks no coin, writes nothing, uses up no address."""
    if (waiting := await asyncio.to_thread(_waiting, ledger, pool)) is not None:
        return _of_waiting(waiting)
    if len(await asyncio.to_thread(ledger.payments.in_state, pool, State.BROADCAST)) >= MAX_UNCONFIRMED:
        return DryRun(stopped=f"{MAX_UNCONFIRMED} payments wait for confirmations")
    try:
        standing = await planner.standing()
        require_sound(standing)
        plan = await planner.plan(standing)
    except (Stopped, LedgerError, WalletUnavailable) as stopped:
        return DryRun(stopped=str(stopped))
    pause = await asyncio.to_thread(ledger.pauses.of, pool)
    stopped_by = f"paused: {pause.reason}" if pause else ""
    return await asyncio.to_thread(_of_plan, plan, stopped_by)


def _waiting(ledger: Ledger, pool: str) -> Payment | None:
    """A stuck payment, or one that was begun and not sent."""
    stuck = ledger.payments.in_state(pool, State.STUCK)
    return stuck[0] if stuck else ledger.payments.open_payment(pool)


def _of_waiting(payment: Payment) -> DryRun:
    return DryRun(
        payment_id=payment.id, outputs=payment.outputs, total_sats=payment.total_sats,
        fee_sats=payment.fee_sats,
        stopped=payment.failure or _IN_THE_WAY.format(payment.id, payment.state.value),
    )  # fmt: skip


def _of_plan(plan: Plan, stopped: str) -> DryRun:
    outputs: dict[str, int] = {}
    for payee in plan.payees:
        outputs[payee.address] = outputs.get(payee.address, 0) + payee.amount_sats
    largest = sorted(plan.left_out, key=lambda row: (-row.amount_sats, row.address))[:MAX_LEFT_OUT]
    return DryRun(
        outputs=outputs, total_sats=sum(outputs.values()), fee_sats=plan.fee_sats, stopped=stopped,
        left_out_count=len(plan.left_out), left_out=[_row(left_out) for left_out in largest],
    )  # fmt: skip


def _row(left_out: LeftOut) -> BalanceLeftOut:
    return BalanceLeftOut(address=left_out.address, amount_sats=left_out.amount_sats, reason=left_out.reason)
