"""Takes orders to switch, from people and scripts, and writes what becomes of them. Any replica may."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from pydantic import SecretStr

from nompcore.config.switching import SwitchConfig
from nompcore.errors import BusError
from nompcore.switching import SwitchOrder, SwitchReply, SwitchState
from services.notifier.door_metrics import SWITCH_ORDERS
from services.notifier.refusal import Refusal
from services.notifier.switch_line import read_switch_line
from services.notifier.switch_rules import COIN_REQUIRED, SWITCHED, SwitchTable
from services.notifier.switch_states import SwitchStates

log = logging.getLogger(__name__)

UNAVAILABLE = "NATS does not answer: look how the switches stand before you repeat the order"

# Two orders for one switch at the same moment: the second is repeated, as if it had come later.
ATTEMPTS = 10
OVERTAKEN = "Others switch at the same moment: nothing was changed"


class SwitchDesk:
    """Of all switches. `now_ms` is Unix time."""

    def __init__(self, table: SwitchTable, states: SwitchStates, now_ms: Callable[[], int]) -> None:
        self._table = table
        self._states = states
        self._now_ms = now_ms

    async def take(self, order: SwitchOrder) -> SwitchReply:
        """Carry an order out, or answer the question that one without a coin is. Raises no BusError."""
        try:
            if not order.coin:
                return await self._tell(order)
            reply = await self._switch(order)
        except BusError as error:
            log.warning("switches not reached", extra={"reason": str(error)})
            reply = SwitchReply(ok=False, text=UNAVAILABLE)
        SWITCH_ORDERS.labels("done" if reply.ok else "refused").inc()
        facts = {"coin": order.coin, "switch": order.switch, "author": order.author, "text": reply.text}
        log.info("order to switch", extra=facts)
        return reply

    async def answer(self, order: SwitchOrder) -> str:
        """The reply to a script, in words; its orders have to name a coin."""
        return (await self.take(order)).text if order.coin else COIN_REQUIRED

    async def _tell(self, question: SwitchOrder) -> SwitchReply:
        named = self._table.named(question.switch, question.algorithm)
        if isinstance(named, str):
            return SwitchReply(ok=False, text=named)
        states = await self._read(named)
        text = ", ".join(f"{state.switch} mines {state.pool}" for state in states)
        return SwitchReply(ok=True, text=text or "There are no switches", states=states)

    async def _switch(self, order: SwitchOrder) -> SwitchReply:
        targets = self._table.targets(order)
        if isinstance(targets, str):
            return SwitchReply(ok=False, text=targets)
        switches = [self._table.switches[name] for name in targets]
        done = [await self._set(switch, targets[switch.name], order) for switch in switches]
        text = SWITCHED if all(done) else OVERTAKEN
        return SwitchReply(ok=all(done), text=text, states=await self._read(switches))

    async def _set(self, switch: SwitchConfig, pool: str, order: SwitchOrder) -> bool:
        for _ in range(ATTEMPTS):
            state = SwitchState(
                switch=switch.name,
                algorithm=switch.algorithm,
                pool=pool,
                since_ms=self._now_ms(),
                author=order.author,
                reason=order.reason,
                automatic=order.automatic,
            )
            if await self._states.write(state, await self._states.read(switch)):
                return True
        return False

    async def _read(self, switches: Iterable[SwitchConfig]) -> list[SwitchState]:
        return [(await self._states.read(switch)).state for switch in switches]


class CoinSwitch:
    """Reads lines of `coinSwitchListener`."""

    def __init__(self, password: SecretStr, desk: SwitchDesk) -> None:
        self._password = password
        self._desk = desk

    async def serve(self, line: bytes) -> str | Refusal:
        """Carry out what the line orders."""
        order = read_switch_line(line, self._password.get_secret_value())
        return order if isinstance(order, Refusal) else await self._desk.answer(order)
