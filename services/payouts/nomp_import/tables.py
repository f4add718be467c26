"""What the ledger keeps of an import: once a pool, with everything that was read."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, String, Table, Text

from services.payouts.ledger.tables import metadata

nomp_imports = Table(
    "nomp_imports",
    metadata,
    Column("pool", String(64), primary_key=True),  # so a pool moves in once
    Column("reading", Text, nullable=False),  # reading.Reading as JSON
    Column("options", Text, nullable=False),  # plan.Options as JSON
    Column("created_ms", BigInteger, nullable=False),
)

nomp_payouts = Table(
    "nomp_payouts",
    metadata,
    Column("pool", String(64), primary_key=True),
    Column("address", String(320), primary_key=True),  # or a name that is none (accounts.unassigned)
    Column("paid_sats", BigInteger, nullable=False),  # by NOMP before the pool moved; no part of the books
)
