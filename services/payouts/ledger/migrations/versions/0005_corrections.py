"""What people book in the ledger, and what its audit found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables; corrections are part of the books and only added to."""
    _create_corrections()
    op.create_table(
        "audit_findings",
        sa.Column("pool", sa.String(64), primary_key=True),
        sa.Column("problems", sa.Text, nullable=False),
        sa.Column("since_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "accepted_findings",
        sa.Column("pool", sa.String(64), primary_key=True),
        sa.Column("subject", sa.String(64), primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("accepted_ms", sa.BigInteger, nullable=False),
    )
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER corrections_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON corrections "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER corrections_no_{change.lower()} BEFORE {change} ON corrections "
            f"BEGIN SELECT RAISE(ABORT, 'the books are only added to'); END"
        )


def _create_corrections() -> None:
    op.create_table(
        "corrections",
        sa.Column("transfer_id", _ROW_ID, sa.ForeignKey("transfers.id"), primary_key=True),
        sa.Column("pool", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Index("corrections_by_pool", "pool", "transfer_id"),
    )
    op.create_table(
        "awaited_releases",
        sa.Column("pool", sa.String(64), primary_key=True),
        sa.Column("block_hash", sa.String(64), primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("since_ms", sa.BigInteger, nullable=False),
    )
