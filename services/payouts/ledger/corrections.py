"""Corrections of the books: entries as all others, with a reason and an author, each once.

A correction debits one account and credits another. What is owed (miners, fee, reserve, suspense) grows by
credits, what the pool has or has spent (wallet, network_fees, opening) by debits: so from `miner:<address>`
to `fee` takes from the miner what the pool keeps, from `wallet` to `miner:<address>` owes the miner coins
that lie in the wallet, and from `miner:<address>` to `wallet` is a miner who was paid by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from nompcore.errors import LedgerError
from services.payouts.failpoint import Step
from services.payouts.ledger import accounts
from services.payouts.ledger.accounts import Kind
from services.payouts.ledger.correction_rows import Grounds, book_by_hand
from services.payouts.ledger.correction_tables import MAX_REFERENCE_LENGTH, corrections
from services.payouts.ledger.database import Database
from services.payouts.ledger.suspense_rows import held_by_blocks
from services.payouts.ledger.tables import entries, transfers

MAX_SATS: Final = 2**60
"""Of one correction: sums of some of them still are 64-bit integers."""

MAX_LISTED: Final = 100
MAX_AMOUNTS: Final = 20
"""Of one reply: the newest corrections, and the largest amounts of each."""

_OWED: Final = frozenset({accounts.FEE, accounts.RESERVE, accounts.SUSPENSE})
_SPENT: Final = frozenset({accounts.NETWORK_FEES, accounts.OPENING})
OWN_ACCOUNTS: Final = sorted({*_OWED, *_SPENT, accounts.WALLET})
"""Those that can be corrected beside miners'. `in_flight` is of payments alone."""


@dataclass(frozen=True, slots=True)
class Order:
    """A correction as somebody wants it. The same reference is booked once."""

    debit: str
    credit: str
    sats: int
    reference: str
    grounds: Grounds


@dataclass(frozen=True, slots=True)
class Corrected:
    """A transfer that a person ordered; `amounts` are the largest of its `entries`."""

    kind: str
    reference: str
    amounts: dict[str, int]
    entries: int
    grounds: Grounds
    made_ms: int


class Corrections:
    """A pool's corrections."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def correct(self, pool: str, order: Order, is_payable: Callable[[str], bool], now_ms: int) -> bool:
        """Book a correction; False if it was booked before. LedgerError, and nothing is booked, where

        an account is unknown, or would hold less than nothing, or the reference is another correction's.
        `is_payable` tells the addresses that may get an account.
        """
        _require_sense(order)
        amounts = {order.debit: order.sats, order.credit: -order.sats}
        with self._database.write(Step.BOOKS_CORRECTED) as connection:
            booked = accounts.find(connection, pool, Kind.CORRECTION, order.reference)
            if booked is not None:
                _require_same(accounts.amounts_of(connection, booked), amounts, order.reference)
                return False
            _require_known(connection, pool, order, is_payable)
            _require_cover(connection, pool, order)
            book_by_hand(
                connection, order.grounds, pool=pool, kind=Kind.CORRECTION, reference=order.reference,
                amounts=amounts, now_ms=now_ms,
            )  # fmt: skip
        return True

    def listed(self, pool: str) -> list[Corrected]:
        """What people have booked, the newest first."""
        columns = (transfers.c.id, transfers.c.kind, transfers.c.reference)
        texts = (corrections.c.reason, corrections.c.author, corrections.c.made_ms)
        newest = (
            select(*columns, *texts)
            .join(corrections, corrections.c.transfer_id == transfers.c.id)
            .where(corrections.c.pool == pool)
            .order_by(transfers.c.id.desc())
            .limit(MAX_LISTED)
        )
        with self._database.read() as connection:
            return [
                _corrected(kind, reference, accounts.amounts_of(connection, row_id), Grounds(*said), made_ms)
                for row_id, kind, reference, *said, made_ms in connection.execute(newest)
            ]


def _corrected(
    kind: str, reference: str, amounts: dict[str, int], grounds: Grounds, made_ms: int
) -> Corrected:
    largest = sorted(amounts, key=lambda account: (-abs(amounts[account]), account))[:MAX_AMOUNTS]
    shown = {account: amounts[account] for account in largest}
    return Corrected(kind, reference, shown, len(amounts), grounds, made_ms)


def _require_sense(order: Order) -> None:
    if not 0 < order.sats <= MAX_SATS:
        raise LedgerError(f"a correction of {order.sats} is none")
    if order.debit == order.credit:
        raise LedgerError(f"a correction from {order.debit} to itself is none")
    if not 0 < len(order.reference) <= MAX_REFERENCE_LENGTH or not order.reference.isprintable():
        raise LedgerError(f"a reference is one line of {MAX_REFERENCE_LENGTH} characters at most")


def _require_same(booked: dict[str, int], wanted: dict[str, int], reference: str) -> None:
    if booked != wanted:
        raise LedgerError(f"the reference {reference} is that of another correction: {booked}")


def _require_known(
    connection: Connection, pool: str, order: Order, is_payable: Callable[[str], bool]
) -> None:
    for account in (order.debit, order.credit):
        if account in OWN_ACCOUNTS or _has_entries(connection, pool, account):
            continue
        address = accounts.miner_address(account)
        if address is None:
            raise LedgerError(f"{account!r} is none of {', '.join(OWN_ACCOUNTS)}, miner:<address>")
        if not is_payable(address):
            raise LedgerError(f"{address!r} is no address of this pool's network")


def _has_entries(connection: Connection, pool: str, account: str) -> bool:
    if accounts.miner_address(account) is None:
        return False
    condition = (entries.c.pool == pool) & (entries.c.account == account)
    return connection.scalar(select(entries.c.id).where(condition).limit(1)) is not None


def _require_cover(connection: Connection, pool: str, order: Order) -> None:
    """Nobody is made to owe the pool, and what it has spent does not become less than nothing."""
    if order.debit in _OWED or accounts.miner_address(order.debit) is not None:
        holds = -accounts.balance(connection, pool, order.debit)
        if order.debit == accounts.SUSPENSE:
            holds -= sum(held_by_blocks(connection, pool).values())  # those have an order of their own
        if order.sats > holds:
            raise LedgerError(f"{order.debit} holds {holds}, {order.sats} cannot be taken from it")
    if order.credit in _SPENT:
        holds = accounts.balance(connection, pool, order.credit)
        if order.sats > holds:
            raise LedgerError(f"{order.credit} holds {holds}, {order.sats} cannot be taken back from it")
