"""Tables of reward schemes: what was configured when, which scheme each round had, and PPS's position.

They use the ledger's `metadata`; importing this module is enough for the tables to be made.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from services.payouts.ledger.tables import metadata

scheme_changes: Final = Table(
    "scheme_changes",
    metadata,
    Column("pool", String(64), primary_key=True),
    Column("round_group", String(32), primary_key=True),  # groups.py; empty: the pool's own
    Column("since_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("scheme", Text, nullable=False),  # schemes.choice.encode
)

port_groups: Final = Table(
    "port_groups",
    metadata,
    Column("pool", String(64), primary_key=True),
    Column("port", Integer, primary_key=True, autoincrement=False),
    Column("since_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("round_group", String(32), nullable=False),
)

rounds: Final = Table(
    "rounds",
    metadata,
    Column("pool", String(64), primary_key=True),
    Column("block_hash", String(64), primary_key=True),  # of the candidate that ended it, display order
    Column("round_group", String(32), nullable=False),
    Column("scheme", Text, nullable=False),  # schemes.choice.encode
    Column("sequence", BigInteger, nullable=False),  # of the candidate's message in the share log
    Column("found_ms", BigInteger, nullable=False),
    Column("began", Text, nullable=False),  # tally_batch.Mark as JSON, or empty: its group's first
    Column("era", Text, nullable=False),  # the same: where rounds of this scheme began
    Index("rounds_by_time", "pool", "round_group", "found_ms"),
)

credited_shares: Final = Table(
    "credited_shares",
    metadata,
    Column("pool", String(64), primary_key=True),
    Column("position", BigInteger, nullable=False),  # share log's sequence up to which shares are credited
    Column("log_created_ms", BigInteger, nullable=False),  # of which log; 0: of none yet
    Column("run", Integer, nullable=False),  # how often the log's sequences began anew
    Column("last_share_ms", BigInteger, nullable=False),
    Column("began", Text, nullable=False),  # group → when its running round began in ms, as JSON
)

credited_candidates: Final = Table(
    "credited_candidates",
    metadata,
    Column("pool", String(64), primary_key=True),
    Column("block_hash", String(64), primary_key=True),
)

credit_remainders: Final = Table(
    "credit_remainders",
    metadata,
    Column("pool", String(64), primary_key=True),
    Column("address", Text, primary_key=True),
    Column("parts", BigInteger, nullable=False),  # 2^-32 sats, less than one
)
