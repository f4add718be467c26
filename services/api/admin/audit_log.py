"""What operators did: who, when, from where, what, and what came of it. A stream that nobody can change."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nompcore.bus import Bus
from nompcore.control import AdminAction
from nompcore.errors import StreamGap
from nompcore.subjects import ADMIN_ACTION

ASKED, DONE, REFUSED = "asked", "done", "refused"

# Each order is two lines: what is shown is some hundred orders.
SHOWN_LINES = 400

MAX_TEXT = 500
"""Letters of one field or text: an operator's words, and what a service answered."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One order on its way: `finish` with the same id tells what came of it."""

    action_id: str
    who: str
    ip: str
    action: str
    asked: Mapping[str, str]


class AuditLog:
    """Raises BusUnavailable or BusError while the log cannot be written: then nothing may be done."""

    def __init__(self, bus: Bus, now_ms: Callable[[], int]) -> None:
        self._bus = bus
        self._now_ms = now_ms

    async def begin(self, who: str, ip: str, action: str, asked: Mapping[str, str]) -> Entry:
        """Write down what is asked, before it is done."""
        entry = Entry(secrets.token_hex(8), who, ip, action, asked)
        await self._write(entry, ASKED, "")
        return entry

    async def finish(self, entry: Entry, outcome: str, text: str) -> None:
        """Write down what came of it."""
        await self._write(entry, outcome, text)

    async def newest(self) -> list[AdminAction]:
        """The newest orders first, each as it stands."""
        last = (await self._bus.log_state(ADMIN_ACTION)).last_sequence
        after = max(0, last - SHOWN_LINES)
        try:
            stored = await self._bus.stretch(ADMIN_ACTION, "", after)
        except StreamGap:  # older ones have ended: what there is
            stored = await self._bus.stretch(ADMIN_ACTION, "", 0)
        by_id = {one.message.action_id: one.message for one in stored}
        return sorted(by_id.values(), key=lambda action: -action.time_ms)

    async def _write(self, entry: Entry, outcome: str, text: str) -> None:
        action = AdminAction(
            action_id=entry.action_id,
            who=entry.who,
            ip=entry.ip,
            action=entry.action,
            asked={name: value[:MAX_TEXT] for name, value in entry.asked.items()},
            outcome=outcome,
            text=text[:MAX_TEXT],
            time_ms=self._now_ms(),
        )
        await self._bus.publish(ADMIN_ACTION, action, pool="", msg_id=f"{entry.action_id}.{outcome}")
