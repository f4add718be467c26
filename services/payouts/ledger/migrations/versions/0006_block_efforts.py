"""How much work each found block took. Of blocks from before it is not known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "block_efforts",
        sa.Column("block_id", _ROW_ID, sa.ForeignKey("blocks.id"), primary_key=True),
        sa.Column("work", sa.Text, nullable=False),
        sa.Column("network_difficulty", sa.Float, nullable=False),
    )
