"""Events of blocks and payments, and alarms: written in the transaction that makes them true, and published
afterwards.

So an event is published although the process died right after the commit, and none is published for what did
not happen. Its message id makes the stream store a repeat once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection, insert, select, update

from nompcore.messages import Message
from nompcore.subject_kinds import Subject
from nompcore.subjects import (
    AUDIT_FAILED,
    BLOCK_CONFIRMED,
    BLOCK_ORPHANED,
    PAYEE_QUARANTINED,
    PAYMENT_FAILED,
    PAYMENT_SENT,
)
from services.payouts.failpoint import Step
from services.payouts.ledger.database import Database
from services.payouts.ledger.tables import outbox

_SUBJECTS: Final = (
    BLOCK_CONFIRMED, BLOCK_ORPHANED, PAYMENT_SENT, PAYMENT_FAILED, PAYEE_QUARANTINED, AUDIT_FAILED,
)  # fmt: skip
EVENTS: Final[dict[str, Subject[Message]]] = {subject.message.__name__: subject for subject in _SUBJECTS}  # type: ignore[misc]
"""Message type → its subject."""

READ_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Event:
    """An event that waits to be published."""

    row_id: int
    subject: Subject[Message]
    message: Message
    msg_id: str


def enqueue(connection: Connection, pool: str, message: Message, reference: str) -> None:
    """Publish `message` once this transaction is durable. `reference` tells it from others of its type.

    An event that was written before is not written again.
    """
    kind = type(message).__name__
    msg_id = f"{pool}-{kind}-{reference}"
    if connection.scalar(select(outbox.c.id).where(outbox.c.msg_id == msg_id)) is None:
        body = msgspec.json.encode(message).decode()
        connection.execute(insert(outbox).values(pool=pool, kind=kind, msg_id=msg_id, body=body))


class Outbox:
    """What is still to be published."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self, pool: str) -> list[Event]:
        """Unpublished events, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(outbox.c.id, outbox.c.kind, outbox.c.msg_id, outbox.c.body)
                .where(outbox.c.pool == pool, outbox.c.published.is_(False))
                .order_by(outbox.c.id)
                .limit(READ_AT_ONCE)
            ).all()
        return [
            Event(
                row.id,
                EVENTS[row.kind],
                msgspec.json.decode(row.body, type=EVENTS[row.kind].message),
                row.msg_id,
            )
            for row in rows
        ]

    def mark_published(self, event: Event) -> None:
        """The stream has it."""
        with self._database.write(Step.EVENT_PUBLISHED) as connection:
            connection.execute(update(outbox).where(outbox.c.id == event.row_id).values(published=True))
