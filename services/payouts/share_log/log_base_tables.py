"""The table of what is kept of shares that have left the share log.

It uses the ledger's `metadata`; importing this module is enough for the table to be made.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, LargeBinary, String, Table

from services.payouts.ledger.tables import metadata

log_bases: Final = Table(
    "log_bases",
    metadata,
    Column("pool", String(64), primary_key=True),
    Column("log_created_ms", BigInteger, nullable=False),  # which share log
    Column("sequence", BigInteger, nullable=False),  # up to which `tallies` has everything
    Column("cut_before", BigInteger, nullable=False),  # the log's messages below are gone, or will be at once
    Column("tallies", LargeBinary, nullable=False),  # log_bases.LogBases
)
