"""An operator's decision about a payment that cannot go on by itself, checked against the chain first."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import replace

from nompcore.address import NetworkParams
from nompcore.errors import NompError
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.payment_returns import Decision, Verdict
from services.payouts.ledger.payments_ledger import Payment, State
from services.payouts.payments.payer import CONFIRMATIONS
from services.payouts.payments.transaction_check import WrongOutputs, check_outputs, intended_outputs
from services.payouts.payments.wallet import Wallet, WalletTransaction


class DecisionRefused(NompError):  # noqa: N818 - it says what happened, as those of nompcore.errors do
    """What the operator decided is not what the chain or the wallet shows; nothing was changed."""


class Resolution:
    """One pool's decisions, with its wallet at hand."""

    def __init__(self, ledger: Ledger, wallet: Wallet, *, pool: str, network: NetworkParams) -> None:
        self._ledger = ledger
        self._wallet = wallet
        self._pool = pool
        self._network = network

    async def resolve_stuck(self, payment_id: str, decision: Decision, verdict: Verdict) -> None:
        """End a stuck payment, once. Raises DecisionRefused unless the chain bears the decision out."""
        payment = await self._stuck(payment_id)
        spender = await self._spender(payment, verdict.txid)
        verdict = replace(verdict, txid=spender.read.txid)
        if decision is Decision.RETURNED:
            self._require_unpaid(payment, spender)
            is_done = await asyncio.to_thread(self._ledger.returns.give_back, payment, verdict, _now_ms())
        elif decision is Decision.PAID:
            self._require_paid(payment, spender)
            is_done = await asyncio.to_thread(
                self._ledger.returns.adopt, payment, verdict, transaction_hex=spender.transaction_hex,
                fee_sats=spender.fee_sats, now_ms=_now_ms(),
            )  # fmt: skip
        else:
            raise DecisionRefused(f"{decision.value} is no decision about a stuck payment")
        if not is_done:
            raise DecisionRefused(f"payment {payment_id} is not stuck any more")

    async def send_again(self, payment_id: str) -> None:
        """An old wallet did not send the intent, an operator says. DecisionRefused if it knows of it."""
        payment = await asyncio.to_thread(self._ledger.payments.find, self._pool, payment_id)
        attempt = await asyncio.to_thread(self._ledger.attempts.of, payment_id)
        if payment is None or payment.state is not State.INTENT or attempt is None:
            raise DecisionRefused(f"no wallet was asked to send payment {payment_id} without an answer")
        outputs = intended_outputs(payment.outputs, self._network)
        found = await self._wallet.old.find(payment_id, attempt.since_block, outputs)
        if found is not None:
            raise DecisionRefused(f"the wallet knows the payment as {found.txid}, it will go on by itself")
        if not await asyncio.to_thread(self._ledger.attempts.end, payment_id):
            raise DecisionRefused(f"payment {payment_id} went on meanwhile")

    async def _stuck(self, payment_id: str) -> Payment:
        payment = await asyncio.to_thread(self._ledger.payments.find, self._pool, payment_id)
        if payment is None or payment.state is not State.STUCK:
            raise DecisionRefused(f"the pool has no stuck payment {payment_id}")
        return payment

    async def _spender(self, payment: Payment, txid: str) -> WalletTransaction:
        """The transaction that took the payment's coins, if it is one and deep enough in the chain."""
        if not payment.transaction_hex:
            raise DecisionRefused("the payment's own transaction is not known, so nor are its coins")
        own = await self._wallet.read(payment.transaction_hex)
        spender = await self._wallet.transaction(txid)
        if spender is None:
            raise DecisionRefused(f"the wallet does not know a transaction {txid}")
        if spender.read.txid == own.txid:
            raise DecisionRefused("that is the payment's own transaction")
        if not set(spender.read.inputs) & set(own.inputs):
            raise DecisionRefused(f"{txid} spends none of the payment's coins")
        if spender.confirmations < CONFIRMATIONS:
            raise DecisionRefused(f"{txid} has {spender.confirmations} confirmations of {CONFIRMATIONS}")
        return spender

    def _require_unpaid(self, payment: Payment, spender: WalletTransaction) -> None:
        """A transaction whose signature was changed on its way has another id, and pays all the same."""
        intended = intended_outputs(payment.outputs, self._network)
        wanted = Counter((output.script_hex, output.sats) for output in intended)
        present = Counter((output.script_hex, output.sats) for output in spender.read.outputs)
        if wanted & present:
            raise DecisionRefused(
                f"{spender.read.txid} pays some of the payment's miners: is it not the payment?"
            )

    def _require_paid(self, payment: Payment, spender: WalletTransaction) -> None:
        try:
            check_outputs(spender.read, intended_outputs(payment.outputs, self._network))
        except WrongOutputs as wrong:
            raise DecisionRefused(
                f"{spender.read.txid} does not pay what the payment does: {wrong}"
            ) from wrong


def _now_ms() -> int:
    return int(time.time() * 1000)
