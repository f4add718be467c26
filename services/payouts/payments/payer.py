"""Pays: intent → signed transaction → broadcast → confirmed, each step durable before the next begins.

After a crash anywhere the next run finds the payment where the ledger has it: an intent is signed (again, if
the signature was not stored), a signed transaction is sent (again; it stays the same one), a sent one is
looked after until it is deep in the chain. Two payers at once would do no harm either; see `payments_ledger`.
An old wallet signs and sends in one step, which `sendmany` takes care of.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from nompcore.address import NetworkParams
from nompcore.errors import LedgerError
from services.payouts import metrics
from services.payouts.auditing import audit
from services.payouts.auditing.audit import Standing
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.payment_returns import Verdict
from services.payouts.ledger.payments_ledger import Payment, State
from services.payouts.payments.fee_cap import fee_cap_sats
from services.payouts.payments.payees import Rules
from services.payouts.payments.payment_plan import MAX_UNCONFIRMED, Planner, Stopped, require_sound
from services.payouts.payments.sendmany import OutcomeUnknown, Sendmany
from services.payouts.payments.transaction_check import Output, WrongOutputs, intended_outputs
from services.payouts.payments.wallet import Sending, Sent, Wallet
from services.payouts.payments.wallet_answers import (
    FundsMissing,
    PayeeRefused,
    PaymentTooLarge,
    PaymentUnsafe,
    SignedTransaction,
)
from services.payouts.payments.wallet_trouble import WalletUnavailable

log = logging.getLogger(__name__)

CONFIRMATIONS = 6
"""Depth at which a payment is final, as the world takes it."""

RUNNING: Final = "running"


class Payer:
    """One pool's payments. `state` is for people: "running", "paused: <why>" or "stopped: <why>"."""

    def __init__(
        self, ledger: Ledger, wallet: Wallet, *, pool: str, address: str, network: NetworkParams,
        rules: Rules, reserve_sats: int,
    ) -> None:  # fmt: skip
        self._ledger = ledger
        self._wallet = wallet
        self._pool = pool
        self._network = network
        self._sendmany = Sendmany(ledger, wallet.old, pool=pool)
        self._planner = Planner(
            ledger,
            wallet,
            pool=pool,
            address=address,
            network=network,
            rules=rules,
            reserve_sats=reserve_sats,
        )
        self.state = RUNNING
        self.problems: list[str] = []  # what was wrong when the books were last looked at

    async def run_once(self, doubts: Sequence[str] = ()) -> None:
        """Take every payment as far as it goes now, and begin the next one if somebody is due.

        With `doubts` about the records, in words, nothing is begun and nothing handed over.
        """
        pause = await asyncio.to_thread(self._ledger.pauses.of, self._pool)
        metrics.PAYMENTS_PAUSED.labels(self._pool).set(pause is not None)
        try:
            await (self._only_look_after(doubts) if pause is not None or doubts else self._advance())
        except (Stopped, LedgerError, WalletUnavailable) as stopped:
            self.stop(str(stopped))
        else:
            self.state = RUNNING if pause is None else f"paused: {pause.reason} ({pause.author})"
            metrics.PAYMENTS_STOPPED.labels(self._pool).set(0)

    def stop(self, reason: str) -> None:
        """Note, and log once, why no payment can be made now."""
        if self.state != f"stopped: {reason}":
            log.error("payments stopped", extra={"pool": self._pool, "reason": reason})
        self.state = f"stopped: {reason}"
        metrics.PAYMENTS_STOPPED.labels(self._pool).set(1)

    async def _only_look_after(self, doubts: Sequence[str]) -> None:
        """What was sent is seen through, the books are looked at, and nothing else is done."""
        stopped = [*await self._each(State.BROADCAST, self._look_after), *doubts]
        with contextlib.suppress(WalletUnavailable, Stopped):  # it may be away on purpose
            if await self._open_payment() is None:  # what of that one has left the wallet is not known
                stopped += self._look_at(await self._planner.standing())
        if stopped:
            raise Stopped("; ".join(stopped))

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
        standing = await self._planner.standing()
        self._look_at(standing)
        require_sound(standing)
        return standing

    def _look_at(self, standing: Standing) -> list[str]:
        self.problems = audit.problems(standing)
        metrics.BOOKS_UNBALANCED.labels(self._pool).set(bool(self.problems))
        metrics.OWED_SATS.labels(self._pool).set(standing.owed_sats)
        return self.problems

    async def _new_intent(self, standing: Standing) -> Payment | None:
        """Commit to pay whoever is due, if the wallet can afford it; None if nobody is."""
        under_way = await asyncio.to_thread(self._ledger.payments.in_state, self._pool, State.BROADCAST)
        if len(under_way) >= MAX_UNCONFIRMED:
            return None
        plan = await self._planner.plan(standing)
        metrics.PAYEES_UNPAYABLE.labels(self._pool).set(len(plan.unpayable))
        await self._quarantine(plan.refused)
        if not plan.payees:
            return None
        payment_id = str(uuid.uuid4())
        is_new = await asyncio.to_thread(
            self._ledger.payments.create_intent, payment_id, self._pool, plan.payees, _now_ms()
        )
        if is_new:
            self._log("payment intended", payment_id, payees=len(plan.payees))
        return await self._open_payment()

    async def _quarantine(self, refused: dict[str, str]) -> None:
        if refused:
            added = await asyncio.to_thread(self._ledger.payees.quarantine, self._pool, refused, _now_ms())
            for address in added:
                log.error(
                    "payee quarantined",
                    extra={"pool": self._pool, "address": address, "reason": refused[address]},
                )
        in_it = await asyncio.to_thread(self._ledger.payees.quarantined, self._pool)
        metrics.PAYEES_QUARANTINED.labels(self._pool).set(len(in_it))

    # ---- intent → signed ----

    async def _sign(self, payment: Payment) -> None:
        outputs = intended_outputs(payment.outputs, self._network)
        by_sendmany = await self._is_for_sendmany(payment)
        try:
            step = self._sendmany.pay if by_sendmany else self._try_to_sign
            signed = await step(payment, outputs)
        except (PayeeRefused, PaymentTooLarge) as reason:
            await self._withdraw(payment, str(reason))
            raise Stopped(f"payment {payment.id} was withdrawn, as it cannot be signed: {reason}") from reason
        except (FundsMissing, PaymentUnsafe, WrongOutputs, WalletUnavailable, OutcomeUnknown) as reason:
            await self._report(payment, str(reason))
            raise Stopped(f"payment {payment.id} cannot be signed: {reason}") from reason
        is_first = await asyncio.to_thread(
            self._ledger.payments.store_signed, payment.id, transaction_hex=signed.transaction_hex,
            txid=signed.txid, fee_sats=signed.fee_sats, by_sendmany=by_sendmany,
        )  # fmt: skip
        if is_first:
            self._log("payment signed", payment.id, txid=signed.txid)
        elif not by_sendmany:
            # another payer signed it; this transaction is forgotten and its coins are free again
            await self._release_coins()
        stored = await self._open_payment()
        if is_first and stored is not None and stored.state is State.SIGNED:
            await self._send(stored)

    async def _is_for_sendmany(self, payment: Payment) -> bool:
        """Whether the wallet is too old for anything else, or was asked before to send this intent."""
        attempt = await asyncio.to_thread(self._ledger.attempts.of, payment.id)
        return attempt is not None or not await self._wallet.funds_raw()

    async def _try_to_sign(self, payment: Payment, outputs: list[Output]) -> SignedTransaction:
        """Sign. Where coins seem to be missing, a crash may have left some locked: free them, try again."""
        cap_sats = fee_cap_sats(payment.total_sats, len(outputs))
        try:
            return await self._wallet.sign(outputs, cap_sats)
        except FundsMissing:
            if not await self._release_coins():
                raise
            return await self._wallet.sign(outputs, cap_sats)

    async def _withdraw(self, payment: Payment, reason: str) -> None:
        """Owe the amounts again: the next plan will see who is refused, or pay fewer at once."""
        await self._report(payment, reason)
        verdict = Verdict(reason, author="payouts")
        await asyncio.to_thread(self._ledger.returns.withdraw, payment, verdict, _now_ms())

    async def _release_coins(self) -> int:
        kept = await asyncio.to_thread(self._ledger.payments.signed_transactions)
        return await self._wallet.release_coins(kept)

    # ---- signed → broadcast → confirmed ----

    async def _send(self, payment: Payment) -> None:
        """Hand the stored transaction to the network. Raises Stopped while it does not take it."""
        sent = await self._hand_over(payment)
        if sent.verdict is not Sending.KNOWN and not await self._is_in_wallet(payment):
            if sent.verdict is Sending.CONFLICT:
                await asyncio.to_thread(self._ledger.payments.mark_stuck, payment, sent.reason, _now_ms())
            else:
                await self._report(payment, sent.reason)
            raise Stopped(f"payment {payment.id} is not taken by the network: {sent.reason}")
        if await asyncio.to_thread(self._ledger.payments.mark_broadcast, payment, _now_ms()):
            metrics.PAYMENTS_SENT.labels(self._pool).inc()
            self._log("payment sent", payment.id, txid=payment.txid)

    async def _hand_over(self, payment: Payment) -> Sent:
        """A wallet that shows no hex of what it sent has to look after it by itself."""
        if payment.transaction_hex:
            return await self._wallet.send(payment.transaction_hex)
        confirmations = await self._wallet.confirmations(payment.txid)
        if confirmations is None:
            return Sent(Sending.REFUSED, "the wallet does not know its own transaction any more")
        return Sent(Sending.KNOWN if confirmations >= 0 else Sending.CONFLICT, "by the wallet")

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
            self._log("payment confirmed", payment.id, txid=payment.txid)

    async def _send_again(self, payment: Payment) -> None:
        """A mempool forgets: after a restart, when it is full, after two weeks."""
        sent = await self._hand_over(payment)
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

    def _log(self, event: str, payment_id: str, **facts: object) -> None:
        log.info(event, extra={"pool": self._pool, "payment": payment_id, **facts})


def _now_ms() -> int:
    return int(time.time() * 1000)
