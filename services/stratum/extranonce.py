"""Who mines which part of the nonce space: every connection of every replica has its own extranonce1.

    byte     0       1       2       3       4       5       6       7
          ┌───────────────┬───────────────┬───────────────────────────────┐
          │    prefix     │     index     │          extranonce2          │
          └───────────────┴───────────────┴───────────────────────────────┘
          │◀────────── extranonce1 ──────▶│
            leased by the   counted by the   rolled by the miner
            replica in KV   replica, freed
            `extranonce`    on disconnect

Two connections with the same extranonce1 would do the same work twice, undetected. The lease keeps replicas
apart (the key of a prefix is created by one only), the index keeps the connections of one replica apart.
Pure.
"""

from __future__ import annotations

from collections import deque

PREFIX_BYTES = 2
INDEX_BYTES = 2
PREFIXES = 1 << (8 * PREFIX_BYTES)
MAX_CONNECTIONS = 1 << (8 * INDEX_BYTES)


def prefix_key(prefix: int) -> str:
    """The KV key under which a prefix is leased."""
    return f"{prefix:0{2 * PREFIX_BYTES}x}"


class ExtranonceAllocator:
    """The indices of one prefix. An index is used again as late as possible, so that a share that still
    travels when its connection breaks cannot be taken for the next owner's."""

    def __init__(self, prefix: int) -> None:
        if not 0 <= prefix < PREFIXES:
            raise ValueError(f"prefix {prefix} does not fit {PREFIX_BYTES} bytes")
        self._prefix_hex = prefix_key(prefix)
        self._next_fresh = 0
        self._freed: deque[str] = deque()

    def take(self) -> str | None:
        """A free extranonce1 as hex, or None when all are in use."""
        if self._next_fresh < MAX_CONNECTIONS:
            self._next_fresh += 1
            return f"{self._prefix_hex}{self._next_fresh - 1:0{2 * INDEX_BYTES}x}"
        return self._freed.popleft() if self._freed else None

    def free(self, extranonce1_hex: str) -> None:
        """Give back what `take` of this same allocator gave."""
        self._freed.append(extranonce1_hex)
