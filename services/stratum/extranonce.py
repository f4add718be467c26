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
"""

from __future__ import annotations

PREFIX_BYTES = 2
INDEX_BYTES = 2
PREFIXES = 1 << (8 * PREFIX_BYTES)
INDICES = 1 << (8 * INDEX_BYTES)


def prefix_key(prefix: int) -> str:
    """The KV key under which a prefix is leased; an extranonce1 begins with it."""
    return f"{prefix:0{2 * PREFIX_BYTES}x}"


class ExtranonceAllocator:
    """The indices of one prefix, each given once."""

    def __init__(self, prefix: int) -> None:
        if not 0 <= prefix < PREFIXES:
            raise ValueError(f"prefix {prefix} does not fit {PREFIX_BYTES} bytes")
        self._prefix_hex = prefix_key(prefix)
        self._next = 0

    @property
    def left(self) -> int:
        """How many have not been given."""
        return INDICES - self._next

    def take(self) -> str | None:
        """An extranonce1 nobody had, as hex; None when all were given."""
        if self._next == INDICES:
            return None
        self._next += 1
        return f"{self._prefix_hex}{self._next - 1:0{2 * INDEX_BYTES}x}"
