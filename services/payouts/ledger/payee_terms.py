"""What holds for single addresses: those that the wallet refuses, and the minimum a miner asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from nompcore.alarms import PayeeQuarantined
from nompcore.errors import LedgerError
from services.payouts.failpoint import Step
from services.payouts.ledger.database import Database
from services.payouts.ledger.outbox import enqueue
from services.payouts.ledger.payment_tables import MAX_ADDRESS_LENGTH, payout_minimums, quarantined_payees

MAX_MINIMUM_SATS = 2**62


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An address that nothing is sent to, until an operator releases it; its balance stays owed."""

    address: str
    reason: str
    since_ms: int


class PayeeTerms:
    """Quarantines and minimums, by pool and address. No money moves here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # ---- the quarantine ----

    def quarantined(self, pool: str) -> list[Quarantined]:
        """Who is in it, the oldest first."""
        table = quarantined_payees.c
        columns = (table.address, table.reason, table.since_ms)
        rows = select(*columns).where(table.pool == pool).order_by(table.since_ms, table.address)
        with self._database.read() as connection:
            return [Quarantined(*row) for row in connection.execute(rows)]

    def quarantine(self, pool: str, refused: Mapping[str, str], now_ms: int) -> list[str]:
        """Send nothing to these addresses (→ the wallet's words) any more; those that are new in it."""
        table = quarantined_payees.c
        with self._database.write(Step.PAYEE_QUARANTINED) as connection:
            known = set(connection.scalars(select(table.address).where(table.pool == pool)))
            added = [address for address in refused if address not in known]
            for address in added:
                values = {"pool": pool, "address": address, "reason": refused[address], "since_ms": now_ms}
                connection.execute(insert(quarantined_payees).values(values))
                event = PayeeQuarantined(pool=pool, address=address, reason=refused[address], time_ms=now_ms)
                enqueue(connection, pool, event, f"{address}-{now_ms}")
        return added

    def release(self, pool: str, address: str) -> bool:
        """Let the wallet be asked again. False if the address was not in the quarantine."""
        table = quarantined_payees.c
        with self._database.write(Step.PAYEE_RELEASED) as connection:
            removed = connection.execute(
                delete(quarantined_payees).where(table.pool == pool, table.address == address)
            )
            return removed.rowcount == 1

    # ---- minimums ----

    def minimums(self, pool: str) -> dict[str, int]:
        """Address → from how many sats on it wants to be paid."""
        table = payout_minimums.c
        with self._database.read() as connection:
            rows = connection.execute(select(table.address, table.minimum_sats).where(table.pool == pool))
            return {address: int(sats) for address, sats in rows}

    def set_minimum(self, pool: str, address: str, minimum_sats: int, now_ms: int) -> None:
        """What a miner wants; 0 for the pool's. Below the pool's it has no effect. LedgerError if absurd."""
        if not 0 <= minimum_sats <= MAX_MINIMUM_SATS:
            raise LedgerError(f"{minimum_sats} is no minimum payment")
        if not 0 < len(address) <= MAX_ADDRESS_LENGTH:
            raise LedgerError(f"{address[:MAX_ADDRESS_LENGTH]!r} is no address")
        table = payout_minimums.c
        with self._database.write(Step.MINIMUM_SET) as connection:
            connection.execute(delete(payout_minimums).where(table.pool == pool, table.address == address))
            if minimum_sats:
                values = {"pool": pool, "address": address, "minimum_sats": minimum_sats, "set_ms": now_ms}
                connection.execute(insert(payout_minimums).values(values))
