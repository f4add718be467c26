"""Reward schemes: what was configured when, which scheme each round had, and how far shares are credited."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables. What was found before them was divided by PROP in the pool's own group."""
    _create_history()
    _create_rounds()
    _create_credited_shares()
    op.execute(
        "INSERT INTO scheme_changes (pool, round_group, since_ms, scheme) "
        """SELECT DISTINCT pool, '', 0, '{"type"\\:"prop"}' FROM blocks"""
    )


def _create_history() -> None:
    op.create_table(
        "scheme_changes",
        sa.Column("pool", sa.String(64), primary_key=True),
        sa.Column("round_group", sa.String(32), primary_key=True),
        sa.Column("since_ms", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("scheme", sa.Text, nullable=False),
    )
    op.create_table(
        "port_groups",
        sa.Column("pool", sa.String(64), primary_key=True),
        sa.Column("port", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("since_ms", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("round_group", sa.String(32), nullable=False),
    )


def _create_rounds() -> None:
    op.create_table(
        "rounds",
        sa.Column("pool", sa.String(64), primary_key=True),
        sa.Column("block_hash", sa.String(64), primary_key=True),
        sa.Column("round_group", sa.String(32), nullable=False),
        sa.Column("scheme", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("found_ms", sa.BigInteger, nullable=False),
        sa.Column("began", sa.Text, nullable=False),
        sa.Column("era", sa.Text, nullable=False),
        sa.Index("rounds_by_time", "pool", "round_group", "found_ms"),
    )


def _create_credited_shares() -> None:
    op.create_table(
        "credited_shares",
        sa.Column("pool", sa.String(64), primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("log_created_ms", sa.BigInteger, nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("last_share_ms", sa.BigInteger, nullable=False),
        sa.Column("began", sa.Text, nullable=False),
    )
    op.create_table(
        "credited_candidates",
        sa.Column("pool", sa.String(64), primary_key=True),
        sa.Column("block_hash", sa.String(64), primary_key=True),
    )
    op.create_table(
        "credit_remainders",
        sa.Column("pool", sa.String(64), primary_key=True),
        sa.Column("address", sa.Text, primary_key=True),
        sa.Column("parts", sa.BigInteger, nullable=False),
    )
