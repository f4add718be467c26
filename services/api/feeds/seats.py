"""Who listens to live feeds: so many and no more, and not all from one place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from services.api.serving.problem import ProblemError
from services.api.state.metrics import LISTENERS, LISTENERS_REFUSED

# Each costs a socket and a task; browsers beyond this get 503 and keep reading the plain endpoints.
MAX_LISTENERS = 1000

# One sender (client_address.py) cannot take all seats; an office or a proxy that is not listed is one sender.
MAX_OF_ONE_SENDER = 100


class Seats:
    """The listeners of all feeds of this process together."""

    def __init__(self, limit: int = MAX_LISTENERS, limit_of_one_sender: int = MAX_OF_ONE_SENDER) -> None:
        self._limit = limit
        self._limit_of_one_sender = limit_of_one_sender
        self._by_sender: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """How many listen now."""
        return self._by_sender.total()

    @contextmanager
    def seat(self, sender: str = "") -> Iterator[None]:
        """Count a listener while it listens."""
        self._by_sender[sender] += 1
        LISTENERS.set(self.taken)
        try:
            yield
        finally:
            self._by_sender[sender] -= 1
            if not self._by_sender[sender]:
                del self._by_sender[sender]
            LISTENERS.set(self.taken)

    def refuse_when_full(self, sender: str = "") -> None:
        """Raise a 503 problem when no more listeners are taken, or no more of this sender."""
        if self.taken >= self._limit or self._by_sender[sender] >= self._limit_of_one_sender:
            LISTENERS_REFUSED.inc()
            raise ProblemError(503, "too many listeners", "poll /api/stats instead")
