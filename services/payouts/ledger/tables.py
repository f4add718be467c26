"""The ledger's tables. Money is sats as 64-bit integers, work is decimal text (it outgrows 64 bits).

`transfers` and `entries` are the books: rows are added, never changed or deleted, and the entries of one
transfer add up to zero; triggers in the database see to that nothing else is done. Everything else records
what the books were written for, and what is still to do.

A database gets these tables by the steps in `migrations`: whoever changes them here adds a step.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata: Final = MetaData()

# SQLite numbers rows by itself only in a column of exactly this type.
_ROW_ID: Final = BigInteger().with_variant(Integer(), "sqlite")

transfers = Table(
    "transfers",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("pool", String(64), nullable=False),
    Column("kind", String(32), nullable=False),  # accounts.Kind
    Column("reference", String(128), nullable=False),  # block hash or payment id
    Column("created_ms", BigInteger, nullable=False),
    UniqueConstraint("pool", "kind", "reference"),  # nothing is booked twice
)

entries = Table(
    "entries",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("transfer_id", ForeignKey("transfers.id"), nullable=False, index=True),
    Column("pool", String(64), nullable=False),
    Column("account", Text, nullable=False),
    Column("amount_sats", BigInteger, nullable=False),  # positive: debit
    CheckConstraint("amount_sats <> 0"),
    Index("entries_by_account", "pool", "account", "amount_sats"),  # balances are sums over this index alone
)

blocks = Table(
    "blocks",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("pool", String(64), nullable=False),
    Column("block_hash", String(64), nullable=False),  # display order
    Column("coinbase_txid", String(64), nullable=False, default=""),
    Column("height", BigInteger, nullable=False),
    Column("worker", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("difficulty", Float, nullable=False),
    Column("reward_sats", BigInteger, nullable=False),  # as announced; once confirmed, as found in the chain
    Column("fee_ppm", Integer, nullable=False, default=0),  # once confirmed: the pool's part, in millionths
    Column("found_ms", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),  # blocks_ledger.Status
    Column("reason", Text, nullable=False, default=""),
    Column("confirmations", Integer, nullable=False, default=0),
    Column("round_closed", Boolean, nullable=False, default=False),  # round_shares hold its round
    Column("round_work", Text, nullable=False, default="0"),  # their sum
    Column("returned_into", ForeignKey("blocks.id")),  # orphaned or rejected: which round took its shares
    UniqueConstraint("pool", "block_hash"),
    Index("blocks_by_status", "pool", "status"),
)

round_shares = Table(
    "round_shares",
    metadata,
    Column("block_id", ForeignKey("blocks.id"), primary_key=True),
    Column("address", Text, primary_key=True),
    Column("work", Text, nullable=False),
)

payments = Table(
    "payments",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("pool", String(64), nullable=False),
    Column("state", String(16), nullable=False),  # payments_ledger.State
    # The pool's name until the transaction was broadcast, then null: so a pool has one unsent payment at
    # most, whatever replicas believe.
    Column("open_slot", String(64), unique=True),
    Column("total_sats", BigInteger, nullable=False),
    Column("fee_sats", BigInteger, nullable=False, default=0),
    Column("txid", String(64), nullable=False, default=""),
    Column("transaction_hex", Text, nullable=False, default=""),
    Column("failure", Text, nullable=False, default=""),
    Column("created_ms", BigInteger, nullable=False),
    Column("sent_ms", BigInteger, nullable=False, default=0),
    Index("payments_by_state", "pool", "state"),
)

payment_outputs = Table(
    "payment_outputs",
    metadata,
    Column("payment_id", ForeignKey("payments.id"), primary_key=True),
    Column("account", Text, primary_key=True),
    Column("address", Text, nullable=False, index=True),
    Column("amount_sats", BigInteger, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("pool", String(64), nullable=False),
    Column("kind", String(32), nullable=False),  # outbox.EVENTS
    Column("msg_id", Text, nullable=False, unique=True),  # Nats-Msg-Id: a repeat is stored once
    Column("body", Text, nullable=False),
    Column("published", Boolean, nullable=False, default=False),
    Index("outbox_by_state", "pool", "published"),
)
