"""Steps that are repeated for ever, whatever is away: Redis, the database, NATS or a daemon, in any order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, NoReturn

from redis.exceptions import ClusterDownError, OutOfMemoryError, ReadOnlyError, TryAgainError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from nompcore.errors import NompError
from nompcore.patience import Patience
from services.payouts import metrics
from services.payouts.counting.redis_client import RedisUnable
from services.payouts.ledger import database

log = logging.getLogger(__name__)

OUTAGES: Final = (
    NompError,
    RedisConnectionError,
    RedisTimeoutError,
    OutOfMemoryError,
    ReadOnlyError,
    TryAgainError,
    ClusterDownError,
    RedisUnable,
    *database.OUTAGES,
)
"""What makes a step worth repeating. All else is a bug of ours and ends the process."""


async def until_done(step: Callable[[], Awaitable[None]], *, name: str, stop: asyncio.Event) -> None:
    """Run a step until it succeeds, or until `stop` is set."""
    patience = Patience()
    while not stop.is_set():
        try:
            await step()
        except OUTAGES as error:
            _count("", name, error)
            await patience.wait()
        else:
            return


async def repeat(
    step: Callable[[], Awaitable[None]], *, name: str, pool: str, every_seconds: float
) -> NoReturn:
    """Run a step, again and again, with a pause between; longer pauses while it cannot be done."""
    patience = Patience()
    while True:
        try:
            await step()
        except OUTAGES as error:
            _count(pool, name, error)
            await patience.wait()
        else:
            patience.reset()
            await asyncio.sleep(every_seconds)


def _count(pool: str, name: str, error: Exception) -> None:
    kind = type(error).__name__
    metrics.OUTAGES.labels(pool, name, kind).inc()
    log.warning(
        "step will be tried again", extra={"pool": pool, "step": name, "kind": kind, "reason": str(error)}
    )
