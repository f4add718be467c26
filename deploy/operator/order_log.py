"""Orders of the command line stand in the admin center's log too: what was asked, and what came of it."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping

from deploy.operator.answer import Answer, Refused
from deploy.operator.person import Person
from nompcore.bus import Bus
from nompcore.errors import BusError
from services.api.admin.audit_log import DONE, REFUSED, AuditLog, Entry


async def logged(
    log: AuditLog,
    person: Person,
    action: str,
    asked: Mapping[str, str],
    order: Callable[[], Awaitable[Answer]],
) -> Answer:
    """Carry an order out between two lines of the log.

    An order goes out without them where the log cannot be written: payments must be stoppable even then.
    """
    given = {name: value for name, value in asked.items() if value}
    entry = await _begin(log, person, action, given)
    try:
        answer = await order()
    except (Refused, BusError) as error:
        await _finish(log, entry, REFUSED, str(error))
        raise
    await _finish(log, entry, DONE if answer.ok else REFUSED, answer.text)
    return answer


def order_log(bus: Bus, now_ms: Callable[[], int]) -> AuditLog:
    """The log over this connection."""
    return AuditLog(bus, now_ms)


async def _begin(log: AuditLog, person: Person, action: str, asked: Mapping[str, str]) -> Entry | None:
    try:
        return await log.begin(person.who, person.host, action, asked)
    except BusError as error:
        print(f"nomp: not written into the admin center's log: {error}", file=sys.stderr)
        return None


async def _finish(log: AuditLog, entry: Entry | None, outcome: str, text: str) -> None:
    if entry is None:
        return
    try:
        await log.finish(entry, outcome, text)
    except BusError as error:
        print(f"nomp: its outcome is not in the admin center's log: {error}", file=sys.stderr)
