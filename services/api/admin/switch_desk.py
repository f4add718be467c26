"""Passes an operator's orders to switch on to the notifier, and reads how the switches stand."""

from __future__ import annotations

from nompcore.bus import Bus
from nompcore.errors import BusError, BusUnavailable
from nompcore.subjects import SWITCH_ORDER
from nompcore.switching import SwitchOrder
from services.api.admin.order import Order, OrderRefused
from services.api.state.switch_board import SwitchBoard

TIMEOUT_SECONDS = 10.0


class SwitchDesk:
    """Of all switches."""

    def __init__(self, bus: Bus, board: SwitchBoard) -> None:
        self.board = board
        self._bus = bus

    async def look(self) -> str:
        """Read the board anew; why that did not work, "" where it did."""
        try:
            await self.board.gather(self._bus)
        except BusError as error:
            return str(error)
        return ""

    async def switch(self, order: Order) -> str:
        """What was done, in words. Raises OrderRefused with what the notifier said, or that it is silent."""
        asked = SwitchOrder(
            switch=order.required("switch"),
            coin=order.required("coin"),
            author=order.who,
            reason=order.required("reason"),
        )
        try:
            reply = await self._bus.request(SWITCH_ORDER, asked, pool="", timeout_seconds=TIMEOUT_SECONDS)
        except BusUnavailable as error:
            raise OrderRefused(f"no answer; what was ordered may be done all the same: {error}") from error
        except BusError as error:
            raise OrderRefused(str(error)) from error
        if not reply.ok:
            raise OrderRefused(reply.text)
        return ", ".join(f"{state.switch} mines {state.pool}" for state in reply.states)
