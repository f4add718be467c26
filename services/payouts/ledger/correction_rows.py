"""Transfers that a person ordered, written inside a transaction of the ledger with reason and author."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, insert

from nompcore.errors import LedgerError
from services.payouts.ledger import accounts
from services.payouts.ledger.accounts import Kind
from services.payouts.ledger.correction_tables import corrections

MAX_TEXT: Final = 1_000
"""Characters of a reason or an author."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why something is booked by hand, and who said so. LedgerError for what is no text of one line."""

    reason: str = ""
    author: str = ""

    def __post_init__(self) -> None:
        for text in (self.reason, self.author):
            if len(text) > MAX_TEXT or not text.isprintable():
                raise LedgerError(f"reason and author are one line each, of {MAX_TEXT} characters at most")


NO_GROUNDS: Final = Grounds()


def book_by_hand(
    connection: Connection, grounds: Grounds, *, pool: str, kind: Kind, reference: str,
    amounts: Mapping[str, int], now_ms: int,
) -> None:  # fmt: skip
    """Add one transfer and what it was ordered for."""
    transfer_id = accounts.book(
        connection, pool=pool, kind=kind, reference=reference, amounts=amounts, now_ms=now_ms
    )
    connection.execute(
        insert(corrections).values(
            transfer_id=transfer_id, pool=pool, reason=grounds.reason, author=grounds.author, made_ms=now_ms
        )
    )
