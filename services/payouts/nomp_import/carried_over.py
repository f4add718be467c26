"""What was paid before the pool moved here, for reports. It is no part of the books."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from services.payouts.nomp_import.tables import nomp_payouts


def paid_before_sats(connection: Connection, pool: str, address: str) -> int:
    """What NOMP paid to an address; 0 for a pool that did not move, or an address it did not know."""
    mine = (nomp_payouts.c.pool == pool) & (nomp_payouts.c.address == address)
    return int(connection.scalar(select(nomp_payouts.c.paid_sats).where(mine)) or 0)


def total_paid_before_sats(connection: Connection, pool: str) -> int:
    """What NOMP paid in all."""
    total = func.coalesce(func.sum(nomp_payouts.c.paid_sats), 0)
    return int(connection.scalar(select(total).where(nomp_payouts.c.pool == pool)) or 0)
