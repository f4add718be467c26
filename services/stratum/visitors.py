"""Who is connected to a pool, by address: for limits, and to find everybody behind a banned one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from services.stratum.allowance import Allowance

if TYPE_CHECKING:
    from services.stratum.connection import Connection

MAX_VISITORS = 100_000  # addresses remembered without a connection: about 50 MB


@dataclass(slots=True, eq=False)
class Visitor:
    """One address (ip_group.py). An allowance is None where there is no limit."""

    connects: Allowance | None
    logins: Allowance | None
    connections: set[Connection] = field(default_factory=set)

    def may_login(self, now: float) -> bool:
        """Whether one more login is within the limit."""
        return self.logins is None or self.logins.take(now)

    def is_idle(self, now: float) -> bool:
        """Whether forgetting it would change nothing."""
        return not self.connections and all(
            allowance is None or allowance.is_full(now) for allowance in (self.connects, self.logins)
        )


class Visitors:
    """The addresses of one pool in this process. Rates are per minute, 0 is no limit."""

    def __init__(self, connections_per_minute: int, logins_per_minute: int) -> None:
        self._connections_per_minute = connections_per_minute
        self._logins_per_minute = logins_per_minute
        self._by_group: dict[str, Visitor] = {}

    def __len__(self) -> int:
        return len(self._by_group)

    def admit(self, group: str, now: float, *, limited: bool) -> Visitor | None:
        """The address of a new connection; None when it connects too often."""
        visitor = self._by_group.get(group)
        if visitor is None:
            visitor = self._by_group[group] = Visitor(
                self._allowance(self._connections_per_minute, now, limited),
                self._allowance(self._logins_per_minute, now, limited),
            )
        if visitor.connects is not None and not visitor.connects.take(now):
            return None
        return visitor

    def connections_of(self, group: str) -> Iterator[Connection]:
        """All connections from one address."""
        visitor = self._by_group.get(group)
        return iter(list(visitor.connections) if visitor else ())

    def forget_idle(self, now: float) -> None:
        """Drop the addresses that have gone; called every few seconds."""
        full = len(self._by_group) > MAX_VISITORS  # a flood of addresses: keep only who is connected
        for group, visitor in list(self._by_group.items()):
            if visitor.is_idle(now) or (full and not visitor.connections):
                del self._by_group[group]

    def _allowance(self, per_minute: int, now: float, limited: bool) -> Allowance | None:
        return Allowance(per_minute, now) if limited and per_minute else None
