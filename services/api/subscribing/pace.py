"""How often one sender may ask for something to be done: far less often than for figures."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from starlette.requests import Request

from services.api.serving.rate_limit import SENDER
from services.api.serving.token_buckets import TokenBuckets

BURST, PER_SECOND = 20, 0.2
"""A person who tries it out asks a dozen times, a program that guesses is slowed to one in five seconds."""


class Pace:
    """One count of all that senders ask for."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._buckets = TokenBuckets(PER_SECOND, BURST)
        self._clock = clock

    def wait_seconds(self, request: Request) -> int:
        """0 for a request that is let through, else how long its sender has to wait."""
        return math.ceil(self._buckets.take(request.scope.get(SENDER, ""), self._clock()))
