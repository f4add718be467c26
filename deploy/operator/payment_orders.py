"""Questions and orders about a pool's payments, to payouts."""

from __future__ import annotations

import msgspec

from deploy.operator.answer import Answer, Refused
from deploy.operator.money import Money
from deploy.operator.payment_text import audit_text, dry_run_text, status_text
from nompcore.bus import Bus
from nompcore.errors import BusError, BusUnavailable
from nompcore.requests import PaymentsControl, PaymentsControlReply
from nompcore.subjects import PAYMENTS_CONTROL
from services.api.admin.payments_desk import QUESTIONS

TIMEOUT_SECONDS = 30.0
"""A dry run asks a wallet, an audit looks at the chain."""


class PaymentOrders:
    """Of one pool. Every method raises Refused with payouts' words, or that it does not answer."""

    def __init__(self, bus: Bus, pool: str, money: Money, author: str) -> None:
        self._bus = bus
        self._pool = pool
        self._money = money
        self._author = author

    async def status(self) -> Answer:
        """How payments stand; not well where they are stopped."""
        reply = await self.ask(PaymentsControl(action="status"))
        return _answer(status_text(self._pool, reply, self._money), reply, ok=not is_stopped(reply.state))

    async def dry_run(self) -> Answer:
        """The payment that would be sent now."""
        reply = await self.ask(PaymentsControl(action="dry-run"))
        stopped = reply.dry_run is not None and bool(reply.dry_run.stopped)
        return _answer(dry_run_text(self._pool, reply, self._money), reply, ok=not stopped)

    async def audit(self) -> Answer:
        """The books, and what is wrong with them."""
        reply = await self.ask(PaymentsControl(action="audit"))
        books = reply.books
        is_sound = books is not None and not (books.problems or books.findings)
        return _answer(audit_text(self._pool, reply, self._money), reply, ok=is_sound)

    async def pause(self, reason: str) -> Answer:
        """Begin nothing new."""
        return await self._order(PaymentsControl(action="pause", reason=reason, author=self._author))

    async def resume(self) -> Answer:
        """Go on."""
        return await self._order(PaymentsControl(action="resume", author=self._author))

    async def release(self, address: str) -> Answer:
        """Out of the quarantine."""
        return await self._order(
            PaymentsControl(action="release-payee", address=address, author=self._author)
        )

    async def upstream_reward(self, txid: str, sats: int, reason: str) -> Answer:
        """What a transaction of the upstream pool's brought becomes the miners'; their round ends."""
        return await self._order(
            PaymentsControl(
                action="upstream-reward", txid_display=txid, amount_sats=sats, reason=reason,
                author=self._author,
            )
        )  # fmt: skip

    async def ask(self, request: PaymentsControl) -> PaymentsControlReply:
        """One request."""
        try:
            return await self._bus.request(
                PAYMENTS_CONTROL, request, pool=self._pool, timeout_seconds=TIMEOUT_SECONDS
            )
        except BusUnavailable as error:
            doubt = "" if request.action in QUESTIONS else " What was ordered may be done all the same."
            raise Refused(
                f"payouts does not answer for pool {self._pool}: it does not run, it is a pool that does not "
                f"pay, or there is no such pool (`nomp status` tells). {error}.{doubt}"
            ) from error
        except BusError as error:
            raise Refused(str(error)) from error

    async def _order(self, request: PaymentsControl) -> Answer:
        reply = await self.ask(request)
        return _answer(f"{self._pool}: {reply.done}", reply)


def is_stopped(state: str) -> bool:
    """Whether a pool's payments wait for somebody who did not order it."""
    return state.startswith("stopped")


def _answer(text: str, reply: PaymentsControlReply, *, ok: bool = True) -> Answer:
    return Answer(text, msgspec.to_builtins(reply), ok)
