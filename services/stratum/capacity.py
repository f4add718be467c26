"""How many connections this process may hold: each is a descriptor, and others are needed too. Pure."""

from __future__ import annotations

RESERVED_DESCRIPTORS = 64  # listeners, NATS, metrics, logs, certificates being read


class Capacity:
    """Counts the connections of all pools."""

    def __init__(self, descriptors: int) -> None:
        self._limit = descriptors - RESERVED_DESCRIPTORS
        self.taken = 0

    def take(self) -> bool:
        """Whether there was room for one more; then it is taken."""
        if self.taken >= self._limit:
            return False
        self.taken += 1
        return True

    def give_back(self) -> None:
        """One has gone."""
        self.taken -= 1
