"""What people may ask of a pool's payments: how they stand, a dry run, pause, resume, and decisions.

Orders to book something by hand are `book_orders`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

import msgspec

from nompcore.bus import Bus
from nompcore.requests import (
    Books,
    DryRun,
    PaymentRow,
    PaymentsControl,
    PaymentsControlReply,
    PaymentsPause,
    QuarantinedPayee,
)
from nompcore.subjects import PAYMENTS_CONTROL
from services.payouts.auditing.tally_audit import TallyAudit
from services.payouts.control.book_orders import BookOrders
from services.payouts.control.books import Records, books
from services.payouts.control.control_order import ControlRefused, required
from services.payouts.control.upstream_reward_order import UpstreamRewardOrder
from services.payouts.ledger.payment_pauses import Pause
from services.payouts.ledger.payment_returns import Decision, Verdict
from services.payouts.ledger.payments_ledger import Payment
from services.payouts.payments.dry_run import dry_run
from services.payouts.payments.payment_setup import PaymentSetup
from services.payouts.payments.resolution import Resolution

log = logging.getLogger(__name__)

QUESTIONS = ("status", "dry-run", "audit", "corrections")
"""Actions that change nothing."""


class PaymentControl:
    """One pool's. Every replica answers; `state` tells what this one's payer does."""

    def __init__(self, setup: PaymentSetup, tallies: TallyAudit, state: Callable[[], str]) -> None:
        self._setup = setup
        self._tallies = tallies
        self._ledger = setup.ledger
        self._pool = setup.pool
        self._state = state
        self._orders = BookOrders(setup.ledger, pool=setup.pool, network=setup.network)
        self._actions: dict[str, Callable[[PaymentsControl], Awaitable[str]]] = {
            "status": self._status,
            "dry-run": self._status,
            "audit": self._status,
            "corrections": self._status,
            "pause": self._pause,
            "resume": self._resume,
            "release-payee": self._release_payee,
            "resolve-stuck": self._resolve_stuck,
            "send-again": self._send_again,
            "deposit-reserve": self._orders.deposit_reserve,
            "correct": self._orders.correct,
            "release-suspense": self._orders.release_suspense,
            "accept-finding": self._orders.accept_finding,
            "set-minimum": self._set_minimum,
        }

    async def serve(self, bus: Bus) -> None:
        """Register the endpoint; where an upstream pool pays, its rewards can be entered."""
        if self._setup.has_upstream:
            self._actions["upstream-reward"] = UpstreamRewardOrder(bus, self._setup).enter
        await bus.serve(PAYMENTS_CONTROL, self.answer, self._pool)

    async def answer(self, request: PaymentsControl) -> PaymentsControlReply:
        """Do what is asked. Raises what refuses an order; then nothing was changed."""
        action = self._actions.get(request.action)
        if action is None:
            raise ControlRefused(f"{request.action!r} is none of {', '.join(self._actions)}")
        done = await action(request)
        if request.action not in QUESTIONS:
            facts = {"pool": self._pool, "action": request.action, "author": request.author, "done": done}
            log.warning("payments controlled", extra=facts)
        reply = await self._reply(done)
        if request.action == "dry-run":
            return msgspec.structs.replace(reply, dry_run=await self._dry_run())
        if request.action == "audit":
            return msgspec.structs.replace(reply, books=await self._books())
        if request.action == "corrections":
            return msgspec.structs.replace(reply, corrections=await self._orders.listed())
        return reply

    async def _status(self, _request: PaymentsControl) -> str:
        return "nothing"

    async def _pause(self, request: PaymentsControl) -> str:
        reason, author = required(request.reason, "reason"), required(request.author, "author")
        await asyncio.to_thread(
            self._ledger.pauses.pause, self._pool, reason=reason, author=author, now_ms=_now_ms()
        )
        return "paused; what was sent already is looked after"

    async def _resume(self, _request: PaymentsControl) -> str:
        was_paused = await asyncio.to_thread(self._ledger.pauses.resume, self._pool)
        return "resumed" if was_paused else "nothing, there was no pause"

    async def _release_payee(self, request: PaymentsControl) -> str:
        address = required(request.address, "address")
        if not await asyncio.to_thread(self._ledger.payees.release, self._pool, address):
            raise ControlRefused(f"{address} is not in the quarantine")
        return f"{address} is released; refused again, it is quarantined again"

    async def _resolve_stuck(self, request: PaymentsControl) -> str:
        payment_id = required(request.payment_id, "payment_id")
        verdict = Verdict(
            reason=required(request.reason, "reason"),
            author=required(request.author, "author"),
            txid=required(request.txid_display, "txid_display"),
        )
        try:
            decision = Decision(request.decision)
        except ValueError as error:
            raise ControlRefused(f"decision: {request.decision!r} is neither returned nor paid") from error
        async with self._setup.wallet() as wallet:
            resolution = Resolution(self._ledger, wallet, pool=self._pool, network=self._setup.network)
            await resolution.resolve_stuck(payment_id, decision, verdict)
        return f"payment {payment_id} is {decision.value}"

    async def _send_again(self, request: PaymentsControl) -> str:
        payment_id = required(request.payment_id, "payment_id")
        async with self._setup.wallet() as wallet:
            resolution = Resolution(self._ledger, wallet, pool=self._pool, network=self._setup.network)
            await resolution.send_again(payment_id)
        return f"the wallet will be asked again to send payment {payment_id}"

    async def _set_minimum(self, request: PaymentsControl) -> str:
        address = required(request.address, "address")
        await asyncio.to_thread(
            self._ledger.payees.set_minimum, self._pool, address, request.amount_sats, _now_ms()
        )
        return f"{address} is paid from {request.amount_sats} on, and never below the pool's minimum"

    async def _dry_run(self) -> DryRun:
        async with self._setup.wallet() as wallet:
            return await dry_run(self._ledger, self._setup.planner(wallet), self._pool)

    async def _books(self) -> Books:
        async with self._setup.daemon() as daemon, self._setup.wallet() as wallet:
            records = Records(
                looked=await self._setup.record_audit(daemon).look(turn=0),
                running_rounds=await self._tallies.look(),
                findings=await asyncio.to_thread(self._ledger.findings.of, self._pool),
                suspended=await self._orders.suspended(),
            )
            return await books(self._setup.planner(wallet), records)

    async def _reply(self, done: str) -> PaymentsControlReply:
        pause = await asyncio.to_thread(self._ledger.pauses.of, self._pool)
        quarantined = await asyncio.to_thread(self._ledger.payees.quarantined, self._pool)
        under_way, _ = await asyncio.to_thread(self._ledger.payments.under_way, self._pool)
        return PaymentsControlReply(
            done=done,
            state=self._state(),
            pause=_pause(pause) if pause else None,
            quarantined=[
                QuarantinedPayee(address=payee.address, reason=payee.reason, since_ms=payee.since_ms)
                for payee in quarantined
            ],
            open_payments=[_row(payment) for payment in under_way],
        )


def _pause(pause: Pause) -> PaymentsPause:
    return PaymentsPause(reason=pause.reason, author=pause.author, since_ms=pause.since_ms)


def _row(payment: Payment) -> PaymentRow:
    return PaymentRow(
        payment_id=payment.id, state=payment.state.value, txid_display=payment.txid,
        total_sats=payment.total_sats, fee_sats=payment.fee_sats, outputs=payment.outputs,
        time_ms=payment.created_ms,
    )  # fmt: skip


def _now_ms() -> int:
    return int(time.time() * 1000)
