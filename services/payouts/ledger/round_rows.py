"""Rows that say how a round is divided, read and written inside a transaction of the ledger."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection, RowMapping, insert, select

from services.payouts.counting.groups import OWN
from services.payouts.counting.tally_batch import Candidate, Mark
from services.payouts.ledger.scheme_tables import rounds
from services.payouts.schemes.choice import AnyScheme, decode, encode
from services.payouts.schemes.prop import Prop


@dataclass(frozen=True, slots=True)
class Round:
    """How a found block's reward is divided, decided when it was first heard of and never again."""

    scheme: AnyScheme
    group: str = OWN
    began: Mark | None = None  # where it began; None: it is its group's first
    era: Mark | None = None  # where the group's rounds of this scheme began; None: with its first round


FIRST_VERSIONS: Final = Round(Prop())
"""How all rounds were divided before there were others."""


def find(connection: Connection, pool: str, block_hash: str) -> Round | None:
    """The round of a block."""
    condition = (rounds.c.pool == pool) & (rounds.c.block_hash == block_hash)
    row = connection.execute(select(rounds).where(condition)).mappings().one_or_none()
    return None if row is None else _round(row)


def of_blocks(connection: Connection, pool: str, block_hashes: Collection[str]) -> dict[str, Round]:
    """Block hash → round, for all of these blocks."""
    condition = (rounds.c.pool == pool) & rounds.c.block_hash.in_(block_hashes)
    rows = connection.execute(select(rounds).where(condition)).mappings()
    found = {row["block_hash"]: _round(row) for row in rows}
    return {block_hash: found.get(block_hash, FIRST_VERSIONS) for block_hash in block_hashes}


def last_before(connection: Connection, candidate: Candidate, pool: str) -> Mark | None:
    """Where the round before a candidate's ended, by time, as far as the ledger knows."""
    condition = (
        (rounds.c.pool == pool)
        & (rounds.c.round_group == candidate.group)
        & (rounds.c.found_ms < candidate.time_ms)
    )
    columns = (rounds.c.block_hash, rounds.c.sequence, rounds.c.found_ms)
    newest = select(*columns).where(condition).order_by(rounds.c.found_ms.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    return None if row is None else Mark(*row)


def store(connection: Connection, pool: str, candidate: Candidate, decided: Round) -> None:
    """Keep a decision."""
    connection.execute(
        insert(rounds).values(
            pool=pool, block_hash=candidate.block_hash_display, round_group=decided.group,
            scheme=encode(decided.scheme), sequence=candidate.sequence, found_ms=candidate.time_ms,
            began=_text(decided.began), era=_text(decided.era),
        )
    )  # fmt: skip


def _round(row: RowMapping) -> Round:
    return Round(decode(row["scheme"]), row["round_group"], _mark(row["began"]), _mark(row["era"]))


def _text(mark: Mark | None) -> str:
    return "" if mark is None else msgspec.json.encode(mark).decode()


def _mark(text: str) -> Mark | None:
    return msgspec.json.decode(text, type=Mark) if text else None
