"""Payments: pauses, the quarantine, minimums of miners, what old wallets were asked, decisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables."""
    _create_what_operators_and_miners_say()
    _create_what_becomes_of_payments()


def _create_what_operators_and_miners_say() -> None:
    op.create_table(
        "payment_pauses",
        sa.Column("pool", sa.String(64), primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("since_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "quarantined_payees",
        sa.Column("pool", sa.String(64), primary_key=True),
        sa.Column("address", sa.String(128), primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "payout_minimums",
        sa.Column("pool", sa.String(64), primary_key=True),
        sa.Column("address", sa.String(128), primary_key=True),
        sa.Column("minimum_sats", sa.BigInteger, nullable=False),
        sa.Column("set_ms", sa.BigInteger, nullable=False),
    )


def _create_what_becomes_of_payments() -> None:
    op.create_table(
        "sendmany_attempts",
        sa.Column("payment_id", sa.String(36), sa.ForeignKey("payments.id"), primary_key=True),
        sa.Column("since_block", sa.String(64), nullable=False),
        sa.Column("begun_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "payment_resolutions",
        sa.Column("payment_id", sa.String(36), sa.ForeignKey("payments.id"), primary_key=True),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("txid", sa.String(64), nullable=False),
        sa.Column("decided_ms", sa.BigInteger, nullable=False),
    )
