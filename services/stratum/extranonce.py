"""Who mines which part of the nonce space: every connection of every replica has its own extranonce1.

    byte     0       1       2       3       4       5       6       7
          ┌───────────────┬───────────────┬───────────────────────────────┐
          │    prefix     │     index     │          extranonce2          │
          └───────────────┴───────────────┴───────────────────────────────┘
          │◀────────── extranonce1 ──────▶│
            leased by the   counted by the   rolled by the miner
            replica in KV   replica

Two connections with the same extranonce1 would do the same work twice, undetected. The lease keeps replicas
apart, the index keeps the connections of one replica apart. An index is given once: a miner may come back for
its extranonce1 on any replica, so nobody can know when it is free. A replica that has used up a prefix leases
the next one. Pure.

A pool with an upstream pool has half of each: 256 prefixes of its own with 256 miners each. There an
extranonce1 is given again when its connection has gone and every job that was sent to it is stale, or at
once where it brought no share for these; nobody can come back for it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ExtranonceLayout:
    """The parts of an extranonce1, in bytes; with `scope`, the prefixes are those of one pool."""

    prefix_bytes: int
    index_bytes: int
    scarce: int  # extranonces left at which the next prefix is leased: more than come while NATS answers
    scope: str = ""

    @property
    def prefixes(self) -> int:
        """How many there are."""
        return 1 << (8 * self.prefix_bytes)

    @property
    def indices(self) -> int:
        """How many miners one prefix tells apart."""
        return 1 << (8 * self.index_bytes)

    def prefix_hex(self, prefix: int) -> str:
        """What an extranonce1 begins with."""
        return f"{prefix:0{2 * self.prefix_bytes}x}"

    def key(self, prefix: int) -> str:
        """The KV key under which a prefix is leased."""
        return f"{self.scope}.{self.prefix_hex(prefix)}" if self.scope else self.prefix_hex(prefix)


ORDINARY = ExtranonceLayout(prefix_bytes=2, index_bytes=2, scarce=4096)
PREFIXES, INDICES = ORDINARY.prefixes, ORDINARY.indices


def upstream_layout(pool: str) -> ExtranonceLayout:
    """That of a pool with an upstream pool."""
    return ExtranonceLayout(prefix_bytes=1, index_bytes=1, scarce=64, scope=pool)


def prefix_key(prefix: int) -> str:
    """The KV key under which an ordinary prefix is leased; an extranonce1 begins with it."""
    return ORDINARY.key(prefix)


class ExtranonceAllocator:
    """The indices of one prefix, each given once."""

    def __init__(self, prefix: int, layout: ExtranonceLayout = ORDINARY) -> None:
        if not 0 <= prefix < layout.prefixes:
            raise ValueError(f"prefix {prefix} does not fit {layout.prefix_bytes} bytes")
        self.prefix_hex = layout.prefix_hex(prefix)
        self._layout = layout
        self._next = 0

    @property
    def left(self) -> int:
        """How many can be given now."""
        return self._layout.indices - self._next

    def take(self) -> str | None:
        """An extranonce1 nobody had, as hex; None when all were given."""
        if self._next == self._layout.indices:
            return None
        self._next += 1
        return f"{self.prefix_hex}{self._next - 1:0{2 * self._layout.index_bytes}x}"

    def give_back(self, extranonce1_hex: str, *, used: bool = True) -> None:
        """Its connection has gone, which says nothing: its miner may come back for it."""


class JobAges(Protocol):
    """What tells whether a job is stale by now."""

    @property
    def serial(self) -> int:
        """The current job's; they rise by one."""

    oldest_serial: int  # of the oldest job that is not stale


class ReturningAllocator(ExtranonceAllocator):
    """The indices of one prefix; one that was given back is given again once its work is worth nothing."""

    def __init__(self, prefix: int, layout: ExtranonceLayout, jobs: JobAges) -> None:
        super().__init__(prefix, layout)
        self._jobs = jobs
        self._returned: deque[tuple[int, str]] = deque()  # the last job it may have been sent, extranonce1

    @property
    def left(self) -> int:
        """How many can be given now."""
        return super().left + sum(last < self._jobs.oldest_serial for last, _ in self._returned)

    def take(self) -> str | None:
        """An extranonce1 that nobody has work of, as hex; None while there is none."""
        if self._returned and self._returned[0][0] < self._jobs.oldest_serial:
            return self._returned.popleft()[1]
        return super().take()

    def give_back(self, extranonce1_hex: str, *, used: bool = True) -> None:
        """Its connection has gone for good. Each is given back once.

        Without a share for a live job nobody was paid for work of it: the next one can have it at once, or
        whoever only connects would use them up.
        """
        if used:
            self._returned.append((self._jobs.serial, extranonce1_hex))
        else:
            self._returned.appendleft((-1, extranonce1_hex))
