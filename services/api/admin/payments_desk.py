"""Asks payouts about a pool's payments, and passes on an operator's orders."""

from __future__ import annotations

import msgspec

from nompcore.bus import Bus
from nompcore.errors import BusError, BusUnavailable
from nompcore.requests import PaymentsControl, PaymentsControlReply
from nompcore.subjects import PAYMENTS_CONTROL
from services.api.admin.order import Order, OrderRefused

# A dry run asks a wallet, an audit looks at the chain.
TIMEOUT_SECONDS = 30.0

QUESTIONS = ("status", "dry-run", "audit", "corrections")

ORDERS = (
    "pause", "resume", "release-payee", "resolve-stuck", "send-again", "deposit-reserve", "correct",
    "release-suspense", "accept-finding", "set-minimum", "upstream-reward",
)  # fmt: skip
"""What payouts can be ordered to do: keys of its own table."""

NUMBERS = {"amount_sats"}
TEXTS = {field.name for field in msgspec.structs.fields(PaymentsControl)} - NUMBERS - {"action", "author"}


class PaymentsDesk:
    """Of all pools. Every method raises OrderRefused with what payouts said, or that it does not answer."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def ask(self, pool: str, question: str) -> PaymentsControlReply:
        """How the payments stand."""
        return await self._request(pool, PaymentsControl(action=question))

    async def order(self, pool: str, action: str, order: Order) -> str:
        """What was done, in words."""
        texts = {name: order.text(name) for name in TEXTS}
        request = PaymentsControl(
            action=action, author=order.who, amount_sats=order.whole("amount_sats"), **texts
        )
        return (await self._request(pool, request)).done

    async def _request(self, pool: str, request: PaymentsControl) -> PaymentsControlReply:
        try:
            return await self._bus.request(
                PAYMENTS_CONTROL, request, pool=pool, timeout_seconds=TIMEOUT_SECONDS
            )
        except BusUnavailable as error:
            raise OrderRefused(f"no answer; what was ordered may be done all the same: {error}") from error
        except BusError as error:
            raise OrderRefused(str(error)) from error
