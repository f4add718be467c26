"""The connection to Redis (or Valkey)."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

TIMEOUT_SECONDS = 10.0
"""The longest script, a reading of 500 large batches, takes a tenth of a second."""

RETRIES = 3
"""A connection that ended while idle is noticed by the next command. Every command here can be repeated: the
script that adds shares refuses to do it twice, the others leave the same state."""


def connect(url: str) -> Redis:
    """A client that connects when it is first used, and anew whenever the connection ended."""
    return Redis.from_url(
        url,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(ExponentialBackoff(cap=1.0, base=0.05), RETRIES),
    )
