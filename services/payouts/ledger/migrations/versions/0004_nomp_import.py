"""What is kept of a pool that moved here from NOMP: what was read of it, and what it paid before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables; a pool that did not move has no row in them."""
    op.create_table(
        "nomp_imports",
        sa.Column("pool", sa.String(64), primary_key=True),
        sa.Column("reading", sa.Text, nullable=False),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "nomp_payouts",
        sa.Column("pool", sa.String(64), primary_key=True),
        sa.Column("address", sa.String(320), primary_key=True),
        sa.Column("paid_sats", sa.BigInteger, nullable=False),
    )
