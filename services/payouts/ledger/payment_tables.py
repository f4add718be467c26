"""The tables of payments that are not in `tables`: what operators, miners and old wallets add to them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, Text

from services.payouts.ledger.tables import metadata

MAX_ADDRESS_LENGTH: Final = 128

payment_pauses = Table(
    "payment_pauses",
    metadata,
    Column("pool", String(64), primary_key=True),  # a row: its payments are paused
    Column("reason", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
)

quarantined_payees = Table(
    "quarantined_payees",
    metadata,
    Column("pool", String(64), primary_key=True),
    Column("address", String(MAX_ADDRESS_LENGTH), primary_key=True),
    Column("reason", Text, nullable=False),  # the wallet's words
    Column("since_ms", BigInteger, nullable=False),
)

payout_minimums = Table(
    "payout_minimums",
    metadata,
    Column("pool", String(64), primary_key=True),
    Column("address", String(MAX_ADDRESS_LENGTH), primary_key=True),
    Column("minimum_sats", BigInteger, nullable=False),
    Column("set_ms", BigInteger, nullable=False),
)

sendmany_attempts = Table(
    "sendmany_attempts",
    metadata,
    # A row is written before the wallet is asked to send, and by that the intent is this path's alone.
    Column("payment_id", ForeignKey("payments.id"), primary_key=True),
    Column("since_block", String(64), nullable=False),  # from where on the wallet is searched
    Column("begun_ms", BigInteger, nullable=False),
)

payment_resolutions = Table(
    "payment_resolutions",
    metadata,
    Column("payment_id", ForeignKey("payments.id"), primary_key=True),
    Column("decision", String(16), nullable=False),  # payment_returns.Decision
    Column("reason", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("txid", String(64), nullable=False),  # what spent the payment's coins
    Column("decided_ms", BigInteger, nullable=False),
)
