"""Which coin the switching ports mine: asked of the notifier, or ordered."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from deploy.operator.answer import Answer, Refused
from nompcore.bus import Bus
from nompcore.errors import BusError, BusUnavailable
from nompcore.subjects import SWITCH_ORDER
from nompcore.switching import SwitchOrder, SwitchState

TIMEOUT_SECONDS = 10.0


async def switch(bus: Bus, order: SwitchOrder) -> Answer:
    """Ask, where the order names no coin. Raises Refused where no notifier answers."""
    try:
        reply = await bus.request(SWITCH_ORDER, order, pool="", timeout_seconds=TIMEOUT_SECONDS)
    except BusUnavailable as error:
        raise Refused(f"no notifier answers: {error}") from error
    except BusError as error:
        raise Refused(str(error)) from error
    head = [reply.text] if order.coin or not reply.states else []
    lines = [*head, *(state_text(state) for state in reply.states)]
    return Answer("\n".join(lines), msgspec.to_builtins(reply), reply.ok)


def state_text(state: SwitchState) -> str:
    """One switch in a line."""
    text = f"{state.switch} ({state.algorithm}) mines {state.pool}"
    if not state.since_ms:
        return text
    by = f"{state.author}{' (automatic)' if state.automatic else ''}"
    reason = f": {state.reason}" if state.reason else ""
    since = f"{datetime.fromtimestamp(state.since_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    return f"{text} since {since} by {by}{reason}"
