"""Reward schemes in the ledger: what was configured when, and what follows for each round.

Times are kept, not places in the share log: they mean the same in a log that was restored or is a new one.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from services.payouts.counting.groups import OWN, Groups
from services.payouts.counting.tally_batch import Candidate, Mark
from services.payouts.failpoint import Step
from services.payouts.ledger import round_rows
from services.payouts.ledger.database import Database
from services.payouts.ledger.round_rows import Round
from services.payouts.ledger.scheme_tables import port_groups, rounds, scheme_changes
from services.payouts.rounds.scheme_history import SchemeHistory, Wanted
from services.payouts.schemes.choice import AnyScheme, decode, encode
from services.payouts.schemes.prop import Prop


class SchemesLedger:
    """A pool's schemes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def history(self, pool: str) -> SchemeHistory:
        """All that was ever configured."""
        with self._database.read() as connection:
            return _history(connection, pool)

    def adopt(self, pool: str, wanted: Wanted, *, has_shares: bool, now_ms: int) -> SchemeHistory:
        """Note what the configuration says from now on, where that is new; returns the whole history.

        `has_shares`: the pool has worked before. Without a word in the ledger it had PROP until now.
        """
        known = self.history(pool)
        if _is_current(known, wanted):
            return known
        with self._database.write(Step.SCHEME_CHANGED) as connection:
            if known.now(OWN) is None and (has_shares or _has_rounds(connection, pool)):
                _add_scheme(connection, pool, OWN, 0, Prop())
            _note(connection, pool, wanted, now_ms)
            return _history(connection, pool)

    def decide(self, pool: str, candidate: Candidate, began: Mark | None) -> Round:
        """How the round that ended with a candidate is divided. Asked again, the answer is the same.

        `began`: where it began, as far as the tallies know; else what the ledger knows counts.
        """
        with self._database.read() as connection:
            decided = round_rows.find(connection, pool, candidate.block_hash_display)
        if decided is not None:
            return decided
        with self._database.write(Step.ROUND_DECIDED) as connection:
            decided = round_rows.find(connection, pool, candidate.block_hash_display)
            if decided is None:
                decided = _decide(connection, pool, candidate, began)
                round_rows.store(connection, pool, candidate, decided)
        return decided


def _decide(connection: Connection, pool: str, candidate: Candidate, began: Mark | None) -> Round:
    began = began or round_rows.last_before(connection, candidate, pool)
    scheme = _history(connection, pool).of_round(candidate.group, began.time_ms if began else 0)
    era = began
    if began is not None:
        before = round_rows.find(connection, pool, began.block_hash_display)
        if before is not None and type(before.scheme) is type(scheme):
            era = before.era
    return Round(scheme, candidate.group, began, era)


def _is_current(known: SchemeHistory, wanted: Wanted) -> bool:
    """Whether nothing is new. Groups that no port is in any more keep their last scheme."""
    ports = known.groups.by_port.keys() | wanted.ports.keys()
    return all(known.now(group) == scheme for group, scheme in wanted.schemes.items()) and all(
        known.groups.now(port) == wanted.ports.get(port, OWN) for port in ports
    )


def _note(connection: Connection, pool: str, wanted: Wanted, now_ms: int) -> None:
    known = _history(connection, pool)
    for group, scheme in wanted.schemes.items():
        if known.now(group) != scheme:
            since_ms = _next_ms(known.by_group.get(group, ()), now_ms)
            _add_scheme(connection, pool, group, since_ms if known.now(group) else 0, scheme)
    is_new = known.now(OWN) is None
    for port in known.groups.by_port.keys() | wanted.ports.keys():
        group = wanted.ports.get(port, OWN)
        if known.groups.now(port) != group:
            since_ms = 0 if is_new else _next_ms(known.groups.by_port.get(port, ()), now_ms)
            row = {"pool": pool, "port": port, "since_ms": since_ms, "round_group": group}
            connection.execute(insert(port_groups).values(**row))


def _next_ms(changes: Sequence[tuple[int, object]], now_ms: int) -> int:
    """The time of one more change: later than those before, also where a clock was set back."""
    return max(now_ms, changes[-1][0] + 1) if changes else now_ms


def _history(connection: Connection, pool: str) -> SchemeHistory:
    by_group: dict[str, tuple[tuple[int, AnyScheme], ...]] = {}
    changes = scheme_changes.c
    rows = connection.execute(
        select(changes.round_group, changes.since_ms, changes.scheme)
        .where(changes.pool == pool)
        .order_by(changes.since_ms)
    )
    for group, since_ms, scheme in rows:
        by_group[group] = (*by_group.get(group, ()), (since_ms, decode(scheme)))
    return SchemeHistory(_groups(connection, pool), by_group)


def _groups(connection: Connection, pool: str) -> Groups:
    by_port: dict[int, tuple[tuple[int, str], ...]] = {}
    ports = port_groups.c
    rows = connection.execute(
        select(ports.port, ports.since_ms, ports.round_group)
        .where(ports.pool == pool)
        .order_by(ports.since_ms)
    )
    for port, since_ms, group in rows:
        by_port[port] = (*by_port.get(port, ()), (since_ms, group))
    return Groups(by_port)


def _add_scheme(connection: Connection, pool: str, group: str, since_ms: int, scheme: AnyScheme) -> None:
    row = {"pool": pool, "round_group": group, "since_ms": since_ms, "scheme": encode(scheme)}
    connection.execute(insert(scheme_changes).values(**row))


def _has_rounds(connection: Connection, pool: str) -> bool:
    return connection.scalar(select(rounds.c.block_hash).where(rounds.c.pool == pool).limit(1)) is not None
