"""The tables of what people book: why and who, and what they decided for rounds that are still to come."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text

from services.payouts.ledger.tables import metadata

MAX_REFERENCE_LENGTH: Final = 128

corrections = Table(
    "corrections",
    metadata,
    # Part of the books: rows are only added, triggers see to that. A transfer without a row was no person's.
    Column("transfer_id", ForeignKey("transfers.id"), primary_key=True),
    Column("pool", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Index("corrections_by_pool", "pool", "transfer_id"),
)

awaited_releases = Table(
    "awaited_releases",
    metadata,
    Column("pool", String(64), primary_key=True),
    Column("block_hash", String(64), primary_key=True),  # whose reward the next credited round gets
    Column("reason", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
)

accepted_findings = Table(
    "accepted_findings",
    metadata,
    Column("pool", String(64), primary_key=True),
    Column("subject", String(64), primary_key=True),  # block hash or payment id that the audit passes over
    Column("reason", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("accepted_ms", BigInteger, nullable=False),
)
