"""What is kept of shares that have left the share log: the tallies as they were there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the table; a pool gets its row when it is led for the first time."""
    op.create_table(
        "log_bases",
        sa.Column("pool", sa.String(64), primary_key=True),
        sa.Column("log_created_ms", sa.BigInteger, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("cut_before", sa.BigInteger, nullable=False),
        sa.Column("tallies", sa.LargeBinary, nullable=False),
    )
