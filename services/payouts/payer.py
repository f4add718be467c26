"""Pays: intent → signed transaction → broadcast → confirmed, each step durable before the next begins.

After a crash anywhere the next run finds the payment where the ledger has it: an intent is signed (again, if
the signature was not stored), a signed transaction is sent (again; it stays the same one), a sent one is
looked after until it is deep in the chain. Two payers at once would do no harm either; see `payments_ledger`.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Final

from nompcore.address import NetworkParams, script_for
from nompcore.errors import AddressError, LedgerError
from services.payouts import accounts, audit, metrics
from services.payouts.audit import Standing
from services.payouts.ledger import Ledger
from services.payouts.payees import Due, Rules, choose
from services.payouts.payments_ledger import Payment, State
from services.payouts.transaction_check import WrongOutputs, intended_outputs
from services.payouts.wallet import (
    FundsMissing,
    PayeeRefused,
    PaymentUnsafe,
    Sending,
    SignedTransaction,
    Wallet,
)

log = logging.getLogger(__name__)

CONFIRMATIONS = 6
"""Depth at which a payment is final, as the world takes it."""

MAX_UNCONFIRMED = 10
"""Payments under way at once: each may spend the change of the one before, and nodes stop at 25 in a row."""

FEE_CAP_PPM: Final = 10_000
FEE_CAP_PER_OUTPUT_SATS: Final = 10_000
"""A transaction may cost 1 % of what it pays, or this much an output where that is more: a wallet whose
estimate went wrong must not spend the pool's coins on fees, and small payments must remain possible."""

RUNNING: Final = "running"


class Stopped(Exception):  # noqa: N818 - a state of payments, not a fault
    """No payment can be made now; the text says why, to the operator."""


class Payer:
    """One pool's payments. `state` is for people: "running", or "stopped: <why>"."""

    def __init__(
        self, ledger: Ledger, wallet: Wallet, *, pool: str, address: str, network: NetworkParams,
        rules: Rules, reserve_sats: int,
    ) -> None:  # fmt: skip
        self._ledger = ledger
        self._wallet = wallet
        self._pool = pool
        self._address = address
        self._network = network
        self._rules = rules
        self._reserve_sats = reserve_sats
        self.state = RUNNING

    async def run_once(self) -> None:
        """Take every payment as far as it goes now, and begin the next one if somebody is due."""
        try:
            await self._advance()
        except (Stopped, LedgerError) as stopped:
            if self.state != f"stopped: {stopped}":
                log.error("payments stopped", extra={"pool": self._pool, "reason": str(stopped)})
            self.state = f"stopped: {stopped}"
        else:
            self.state = RUNNING
        metrics.PAYMENTS_STOPPED.labels(self._pool).set(self.state != RUNNING)

    async def _advance(self) -> None:
        stopped = [
            *await self._each(State.STUCK, self._send),
            *await self._each(State.SIGNED, self._send),
            *await self._each(State.BROADCAST, self._look_after),
        ]
        if stopped:
            raise Stopped("; ".join(stopped))
        standing = await self._audit()
        intent = await self._open_payment() or await self._new_intent(standing)
        if intent is not None:
            await self._sign(intent)

    async def _each(self, state: State, step: Callable[[Payment], Awaitable[None]]) -> list[str]:
        """Take each payment in a state one step further; why some cannot be."""
        stopped = []
        for payment in await asyncio.to_thread(self._ledger.payments.in_state, self._pool, state):
            try:
                await step(payment)
            except Stopped as reason:
                stopped.append(str(reason))
        return stopped

    async def _open_payment(self) -> Payment | None:
        return await asyncio.to_thread(self._ledger.payments.open_payment, self._pool)

    # ---- who is due ----

    async def _audit(self) -> Standing:
        standing = await self._standing()
        problems = audit.problems(standing)
        metrics.BOOKS_UNBALANCED.labels(self._pool).set(bool(problems))
        metrics.OWED_SATS.labels(self._pool).set(standing.owed_sats)
        if problems:
            raise Stopped("; ".join(problems))
        return standing

    async def _standing(self) -> Standing:
        if not await self._wallet.owns(self._address):
            raise Stopped(f"the payment daemon's wallet does not own {self._address}")
        under_way, balances = await asyncio.to_thread(self._ledger.payments.under_way, self._pool)
        return Standing(
            balances=balances,
            unsettled_sats=sum(payment.total_sats for payment in under_way),
            sent_sats=sum(payment.total_sats for payment in under_way if payment.state is State.BROADCAST),
            wallet_sats=await self._wallet.spendable_sats(),
        )

    async def _new_intent(self, standing: Standing) -> Payment | None:
        """Commit to pay whoever is due, if the wallet can afford it; None if nobody is."""
        under_way = await asyncio.to_thread(self._ledger.payments.in_state, self._pool, State.BROADCAST)
        due = choose(standing.balances, self._rules, self._is_payable)
        metrics.PAYEES_UNPAYABLE.labels(self._pool).set(len(due.unpayable))
        if not due.payees or len(under_way) >= MAX_UNCONFIRMED:
            return None
        await self._require_funds(standing, due)
        payment_id = str(uuid.uuid4())
        is_new = await asyncio.to_thread(
            self._ledger.payments.create_intent, payment_id, self._pool, due.payees, _now_ms()
        )
        if is_new:
            log.info(
                "payment intended",
                extra={"pool": self._pool, "payment": payment_id, "payees": len(due.payees)},
            )
        return await self._open_payment()

    def _is_payable(self, address: str) -> bool:
        try:
            script_for(address, self._network)
        except AddressError:
            return False
        return True

    async def _require_funds(self, standing: Standing, due: Due) -> None:
        """What stays in the wallet must cover the reserve, and all that is owed to those not paid now."""
        total_sats = sum(payee.amount_sats for payee in due.payees)
        to_miners_sats = sum(payee.amount_sats for payee in due.payees if payee.account != accounts.FEE)
        addresses: dict[str, int] = {}
        for payee in due.payees:
            addresses[payee.address] = addresses.get(payee.address, 0) + payee.amount_sats
        try:
            fee_sats = await self._wallet.fee_sats(intended_outputs(addresses, self._network))
        except (FundsMissing, PayeeRefused) as reason:
            raise Stopped(f"a payment of {total_sats} cannot be funded: {reason}") from reason
        left_sats = standing.wallet_sats - total_sats - fee_sats
        needed_sats = max(self._reserve_sats, standing.owed_sats - to_miners_sats)
        if left_sats < needed_sats:
            raise Stopped(
                f"paying {total_sats} leaves {left_sats} in the wallet, which has to keep {needed_sats}"
            )

    # ---- intent → signed ----

    async def _sign(self, payment: Payment) -> None:
        try:
            signed = await self._try_to_sign(payment)
        except (FundsMissing, PayeeRefused, PaymentUnsafe, WrongOutputs) as reason:
            await self._report(payment, str(reason))
            raise Stopped(f"payment {payment.id} cannot be signed: {reason}") from reason
        is_first = await asyncio.to_thread(
            self._ledger.payments.store_signed, payment.id, transaction_hex=signed.transaction_hex,
            txid=signed.txid, fee_sats=signed.fee_sats,
        )  # fmt: skip
        if (
            not is_first
        ):  # another payer signed it; this transaction is forgotten and its coins are free again
            await self._release_coins()
            return
        log.info("payment signed", extra={"pool": self._pool, "payment": payment.id, "txid": signed.txid})
        stored = await self._open_payment()
        if stored is not None and stored.state is State.SIGNED:
            await self._send(stored)

    async def _try_to_sign(self, payment: Payment) -> SignedTransaction:
        """Sign. Where coins seem to be missing, a crash may have left some locked: free them, try again."""
        outputs = intended_outputs(payment.outputs, self._network)
        cap_sats = max(
            payment.total_sats * FEE_CAP_PPM // 1_000_000, FEE_CAP_PER_OUTPUT_SATS * (len(outputs) + 1)
        )
        try:
            return await self._wallet.sign(outputs, cap_sats)
        except FundsMissing:
            if not await self._release_coins():
                raise
            return await self._wallet.sign(outputs, cap_sats)

    async def _release_coins(self) -> int:
        kept = await asyncio.to_thread(self._ledger.payments.signed_transactions)
        return await self._wallet.release_coins(kept)

    # ---- signed → broadcast → confirmed ----

    async def _send(self, payment: Payment) -> None:
        """Hand the stored transaction to the network. Raises Stopped while it does not take it."""
        sent = await self._wallet.send(payment.transaction_hex)
        if sent.verdict is not Sending.KNOWN and not await self._is_in_wallet(payment):
            if sent.verdict is Sending.CONFLICT:
                await asyncio.to_thread(self._ledger.payments.mark_stuck, payment, sent.reason, _now_ms())
            else:
                await self._report(payment, sent.reason)
            raise Stopped(f"payment {payment.id} is not taken by the network: {sent.reason}")
        if await asyncio.to_thread(self._ledger.payments.mark_broadcast, payment, _now_ms()):
            metrics.PAYMENTS_SENT.labels(self._pool).inc()
            log.info("payment sent", extra={"pool": self._pool, "payment": payment.id, "txid": payment.txid})

    async def _is_in_wallet(self, payment: Payment) -> bool:
        """Refused although it is in the chain: nodes forget transactions whose outputs are all spent."""
        confirmations = await self._wallet.confirmations(payment.txid)
        return confirmations is not None and confirmations >= 1

    async def _look_after(self, payment: Payment) -> None:
        """See a sent transaction through: into a block, and deep enough."""
        confirmations = await self._wallet.confirmations(payment.txid)
        if confirmations is None or confirmations == 0:
            await self._send_again(payment)
        elif confirmations < 0:
            await self._face_conflict(payment, -confirmations)
        elif confirmations >= CONFIRMATIONS and await asyncio.to_thread(
            self._ledger.payments.confirm, payment, _now_ms()
        ):
            metrics.PAYMENTS_CONFIRMED.labels(self._pool).inc()
            log.info(
                "payment confirmed", extra={"pool": self._pool, "payment": payment.id, "txid": payment.txid}
            )

    async def _send_again(self, payment: Payment) -> None:
        """A mempool forgets: after a restart, when it is full, after two weeks."""
        sent = await self._wallet.send(payment.transaction_hex)
        if sent.verdict is Sending.CONFLICT and not await self._is_in_wallet(payment):
            await asyncio.to_thread(self._ledger.payments.mark_stuck, payment, sent.reason, _now_ms())
            raise Stopped(f"payment {payment.id} conflicts with the chain: {sent.reason}")
        if sent.verdict is Sending.REFUSED:
            await self._report(payment, sent.reason)

    async def _face_conflict(self, payment: Payment, depth: int) -> None:
        reason = f"another transaction spent its coins, {depth} blocks deep"
        if depth >= CONFIRMATIONS:
            await asyncio.to_thread(self._ledger.payments.mark_stuck, payment, reason, _now_ms())
        else:
            await self._report(payment, "another transaction spent its coins")
        raise Stopped(f"payment {payment.id}: {reason}")

    async def _report(self, payment: Payment, reason: str) -> None:
        await asyncio.to_thread(self._ledger.payments.report_failure, payment, reason, _now_ms())


def _now_ms() -> int:
    return int(time.time() * 1000)
