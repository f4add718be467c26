"""The books: double entry, only added to. Balances are sums.

A positive amount is a debit: what the pool has (`wallet`) or has spent (`network_fees`) grows. A negative
amount is a credit: what the pool owes grows. Every transfer adds up to zero, so the whole book does.

| account | holds |
|---|---|
| `wallet` | coins of mature rewards, less what left in confirmed payments |
| `miner:<address>` | owed to a miner |
| `miner:unassigned:<name>` | owed to a name that is no address: never paid by itself, an operator decides |
| `fee` | the pool's own part of rewards |
| `in_flight` | taken from miners or the fee for payments that are not yet deep in the chain |
| `network_fees` | paid to the coin's network for sending |
| `reserve` | what PPS pays shares from: coins that the operator put in, and rewards of its blocks |
| `suspense` | rewards of blocks whose shares are missing: an operator decides |
| `opening` | coins in the wallet for balances that were taken over from another pool server |
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

from sqlalchemy import Connection, func, insert, select

from nompcore.errors import LedgerError
from services.payouts.ledger.tables import entries, transfers

WALLET = "wallet"
FEE = "fee"
IN_FLIGHT = "in_flight"
NETWORK_FEES = "network_fees"
SUSPENSE = "suspense"
RESERVE = "reserve"
OPENING = "opening"
_MINER = "miner:"
_UNASSIGNED = "unassigned:"


class Kind(enum.Enum):
    """Why coins moved; with the reference, unique in a pool."""

    REWARD = "reward"  # reference: block hash
    LATE_ROUND = "late-round"  # block hash; its shares turned up after its reward went to suspense
    SHARES = "shares"  # the stretch of the share log whose shares were credited (PPS)
    DEPOSIT = "deposit"  # the transaction that brought coins for the reserve
    PAYMENT = "payment"  # payment id
    SETTLEMENT = "settlement"  # payment id
    RETURN = "return"  # payment id; it will never be sent, the amounts are owed again
    IMPORT = "import"  # from where; balances taken over, once
    CORRECTION = "correction"  # the operator's own words
    RELEASE = "release"  # block hash; an operator gave its reward to somebody out of suspense


def miner(address: str) -> str:
    """The account of a miner."""
    return _MINER + address


def miner_address(account: str) -> str | None:
    """The address of a miner's account; None for the pool's own accounts."""
    return account.removeprefix(_MINER) if account.startswith(_MINER) else None


def unassigned(name: str) -> str:
    """Stands in the place of an address where a name is none. No coin has an address that begins like it."""
    return _UNASSIGNED + name


def is_unassigned(address: str) -> bool:
    """Whether it stands for a name that is no address."""
    return address.startswith(_UNASSIGNED)


def book(
    connection: Connection, *, pool: str, kind: Kind, reference: str, amounts: Mapping[str, int], now_ms: int
) -> int:
    """Add one transfer; LedgerError if it does not balance. The database refuses a repeated reference.

    Returns the transfer's row id.
    """
    if sum(amounts.values()) != 0:
        raise LedgerError(f"{kind.value} {reference} does not balance: off by {sum(amounts.values())}")
    inserted = connection.execute(
        insert(transfers).values(pool=pool, kind=kind.value, reference=reference, created_ms=now_ms)
    )
    assert inserted.inserted_primary_key is not None, "the row was just inserted"
    transfer_id = int(inserted.inserted_primary_key[0])
    rows = [
        {"transfer_id": transfer_id, "pool": pool, "account": account, "amount_sats": sats}
        for account, sats in amounts.items()
        if sats
    ]
    if rows:
        connection.execute(insert(entries), rows)
    return transfer_id


def find(connection: Connection, pool: str, kind: Kind, reference: str) -> int | None:
    """The row id of a transfer; None if there is none of this reference."""
    condition = (
        (transfers.c.pool == pool) & (transfers.c.kind == kind.value) & (transfers.c.reference == reference)
    )
    found: int | None = connection.scalar(select(transfers.c.id).where(condition))
    return found


def amounts_of(connection: Connection, transfer_id: int) -> dict[str, int]:
    """Account → amount of one transfer."""
    columns = (entries.c.account, entries.c.amount_sats)
    rows = connection.execute(select(*columns).where(entries.c.transfer_id == transfer_id))
    return {account: int(sats) for account, sats in rows}


def balances(connection: Connection, pool: str) -> dict[str, int]:
    """Account → sum of its entries, without those that are zero."""
    total = func.sum(entries.c.amount_sats)
    rows = connection.execute(
        select(entries.c.account, total).where(entries.c.pool == pool).group_by(entries.c.account)
    )
    return {account: int(sats) for account, sats in rows if sats}


def balance(connection: Connection, pool: str, account: str) -> int:
    """Sum of one account's entries."""
    total = func.coalesce(func.sum(entries.c.amount_sats), 0)
    found = connection.scalar(select(total).where(entries.c.pool == pool, entries.c.account == account))
    return int(found or 0)
