"""The connection to Redis (or Valkey)."""

from __future__ import annotations

from typing import Any, ClassVar

from redis.asyncio import Redis
from redis.asyncio.connection import DefaultParser
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ResponseError

TIMEOUT_SECONDS = 10.0
"""The longest script, a stretch of the share log with 5,000 workers, takes a twentieth of a second."""

RETRIES = 3
"""A connection that ended while idle is noticed by the next command. Every command here can be repeated: the
script that adds shares refuses to do it twice, the others leave the same state."""


class RedisUnable(ResponseError):  # noqa: N818 - it says what happened, as those of nompcore.errors do
    """Redis does nothing now, for a reason that passes or that an operator takes away."""


class _Parser(DefaultParser):  # type: ignore[valid-type, misc]  # the one that is installed, chosen at import
    """Knows the refusals that say nothing about the command."""

    EXCEPTION_CLASSES: ClassVar[dict[str, Any]] = {
        **DefaultParser.EXCEPTION_CLASSES,
        "BUSY": RedisUnable,  # somebody's script takes very long
        "MISCONF": RedisUnable,  # it cannot write to its disk
        "NOREPLICAS": RedisUnable,
    }


def connect(url: str) -> Redis:
    """A client that connects when it is first used, and anew whenever the connection ended."""
    return Redis.from_url(
        url,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(ExponentialBackoff(cap=1.0, base=0.05), RETRIES),
        parser_class=_Parser,
    )
