"""How much work a found block took, for people: what its round held, beside what a block takes on average."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Connection, Float, ForeignKey, Table, Text, insert

from nompcore.errors import EncodingError
from nompcore.target import work_from_difficulty
from services.payouts.ledger.tables import metadata

block_efforts: Final = Table(
    "block_efforts",
    metadata,
    Column("block_id", ForeignKey("blocks.id"), primary_key=True),
    Column("work", Text, nullable=False),  # of all shares of its round, whatever its scheme makes of them
    Column("network_difficulty", Float, nullable=False),  # when it was found, in the unit of shares
)


def store(connection: Connection, block_id: int, work: int, network_difficulty: float) -> None:
    """Keep what a block took, once its round is closed."""
    values = {"block_id": block_id, "work": str(work), "network_difficulty": network_difficulty}
    connection.execute(insert(block_efforts).values(values))


def effort(work: str | None, network_difficulty: float | None) -> float:
    """Work over what a block takes on average; 0 where it is not known, as of blocks from before."""
    try:
        average = work_from_difficulty(network_difficulty or 0)
    except EncodingError:
        return 0.0
    return int(work or 0) / average
