"""All that many miners are owed, paid transaction by transaction, as far as it is the ledger's work."""

from __future__ import annotations

import asyncio
from collections import deque

from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.payments_ledger import Payment
from services.payouts.payments.payees import Rules
from services.payouts.payments.payment_plan import MAX_UNCONFIRMED, Planner, require_sound
from services.payouts.payments.wallet import Wallet
from tests.bench.bench_miners import network
from tests.bench.paying_wallet import FEE_SATS
from tests.bench.step_meter import StepMeter
from tests.unit.payouts_samples import POOL, START_MS

MINIMUM_SATS = 1_000_000


def new_planner(ledger: Ledger, wallet: Wallet, address: str) -> Planner:
    """Pays whoever is owed the minimum; the fee stays where it is."""
    rules = Rules(minimum_sats=MINIMUM_SATS, fee_address=None, fee_threshold_sats=0)
    return Planner(ledger, wallet, pool=POOL, address=address, network=network(), rules=rules, reserve_sats=0)


async def pay(ledger: Ledger, planner: Planner, meter: StepMeter, *, payments: int) -> int:
    """So many payments, fewer if nobody is due any more; how many outputs they have together.

    As many are under way as may be: then the oldest is deep in the chain.
    """
    under_way: deque[Payment] = deque()
    paid = 0
    for number in range(payments):
        if not await _intend(ledger, planner, meter, f"payment-{number}"):
            break
        under_way.append(await _send(ledger, meter))
        paid += len(under_way[-1].outputs)
        if len(under_way) == MAX_UNCONFIRMED:
            await _confirm(ledger, meter, under_way.popleft())
    while under_way:
        await _confirm(ledger, meter, under_way.popleft())
    return paid


async def _intend(ledger: Ledger, planner: Planner, meter: StepMeter, payment_id: str) -> bool:
    """Whether somebody is due; then the ledger has the intent."""
    async with meter.measured("plan a payment"):
        standing = await planner.standing()
        require_sound(standing)
        plan = await planner.plan(standing)
    if not plan.payees:
        return False
    async with meter.measured("store its intent"):
        is_new = await asyncio.to_thread(
            ledger.payments.create_intent, payment_id, POOL, plan.payees, START_MS
        )
    assert is_new
    return True


async def _send(ledger: Ledger, meter: StepMeter) -> Payment:
    """Store that it was signed and sent; the payment as it is then."""
    async with meter.measured("store: signed, sent"):
        intent = await asyncio.to_thread(ledger.payments.open_payment, POOL)
        assert intent is not None
        await asyncio.to_thread(
            ledger.payments.store_signed, intent.id, transaction_hex="00", txid=intent.id, fee_sats=FEE_SATS
        )
        signed = await asyncio.to_thread(ledger.payments.open_payment, POOL)
        assert signed is not None
        is_first = await asyncio.to_thread(ledger.payments.mark_broadcast, signed, START_MS)
    sent = await asyncio.to_thread(ledger.payments.find, POOL, intent.id)
    assert is_first and sent is not None
    return sent


async def _confirm(ledger: Ledger, meter: StepMeter, payment: Payment) -> None:
    """Store that it is deep in the chain."""
    async with meter.measured("store: confirmed"):
        is_first = await asyncio.to_thread(ledger.payments.confirm, payment, START_MS)
    assert is_first
