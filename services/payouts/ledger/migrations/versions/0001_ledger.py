"""The ledger: books, blocks and their rounds, payments, outbox.

A database from before there were steps holds these tables already: it only gets what it lacks, the version
and on PostgreSQL the triggers.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_BOOKS = ("transfers", "entries")


def upgrade() -> None:
    """Create the tables unless they are there; from here on the books are only added to."""
    if not sa.inspect(op.get_bind()).has_table("transfers"):
        _create_books()
        _create_blocks()
        _create_payments()
        _create_outbox()
    if op.get_context().dialect.name == "postgresql":
        _guard_books_on_postgresql()
    else:
        _guard_books_on_sqlite()


def _create_books() -> None:
    op.create_table(
        "transfers",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("pool", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("reference", sa.String(128), nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("pool", "kind", "reference"),
    )
    op.create_table(
        "entries",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("transfer_id", _ROW_ID, sa.ForeignKey("transfers.id"), nullable=False, index=True),
        sa.Column("pool", sa.String(64), nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("amount_sats", sa.BigInteger, nullable=False),
        sa.CheckConstraint("amount_sats <> 0"),
        sa.Index("entries_by_account", "pool", "account", "amount_sats"),
    )


def _create_blocks() -> None:
    op.create_table(
        "blocks",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("pool", sa.String(64), nullable=False),
        sa.Column("block_hash", sa.String(64), nullable=False),
        sa.Column("coinbase_txid", sa.String(64), nullable=False),
        sa.Column("height", sa.BigInteger, nullable=False),
        sa.Column("worker", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("difficulty", sa.Float, nullable=False),
        sa.Column("reward_sats", sa.BigInteger, nullable=False),
        sa.Column("fee_ppm", sa.Integer, nullable=False),
        sa.Column("found_ms", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("confirmations", sa.Integer, nullable=False),
        sa.Column("round_closed", sa.Boolean, nullable=False),
        sa.Column("round_work", sa.Text, nullable=False),
        sa.Column("returned_into", _ROW_ID, sa.ForeignKey("blocks.id")),
        sa.UniqueConstraint("pool", "block_hash"),
        sa.Index("blocks_by_status", "pool", "status"),
    )
    op.create_table(
        "round_shares",
        sa.Column("block_id", _ROW_ID, sa.ForeignKey("blocks.id"), primary_key=True),
        sa.Column("address", sa.Text, primary_key=True),
        sa.Column("work", sa.Text, nullable=False),
    )


def _create_payments() -> None:
    op.create_table(
        "payments",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("pool", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("open_slot", sa.String(64), unique=True),
        sa.Column("total_sats", sa.BigInteger, nullable=False),
        sa.Column("fee_sats", sa.BigInteger, nullable=False),
        sa.Column("txid", sa.String(64), nullable=False),
        sa.Column("transaction_hex", sa.Text, nullable=False),
        sa.Column("failure", sa.Text, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("sent_ms", sa.BigInteger, nullable=False),
        sa.Index("payments_by_state", "pool", "state"),
    )
    op.create_table(
        "payment_outputs",
        sa.Column("payment_id", sa.String(36), sa.ForeignKey("payments.id"), primary_key=True),
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("address", sa.Text, nullable=False, index=True),
        sa.Column("amount_sats", sa.BigInteger, nullable=False),
    )


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("pool", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("msg_id", sa.Text, nullable=False, unique=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("published", sa.Boolean, nullable=False),
        sa.Index("outbox_by_state", "pool", "published"),
    )


def _guard_books_on_sqlite() -> None:
    for table in _BOOKS:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER IF NOT EXISTS {table}_no_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'the books are only added to'); END"
            )


def _guard_books_on_postgresql() -> None:
    """TRUNCATE too: it is no DELETE there. The function serves any table that is only added to."""
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'the books are only added to' USING ERRCODE = 'restrict_violation', "
        "TABLE = TG_TABLE_NAME; END $$"
    )
    for table in _BOOKS:
        op.execute(
            f"CREATE TRIGGER {table}_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
