"""Workers that the tallies remember: those of the first versions taken over, those long gone forgotten.

Only what people are shown: no money hangs on it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Final

from redis.asyncio import Redis

from nompcore.subject_kinds import DAY

WORKER_LIFE_SECONDS: Final = 14 * DAY
"""How long a worker's figures are remembered after its last share."""

REFUSED_LIFE_SECONDS: Final = 3600
"""Those of a name that never had a share accepted."""

LAYOUT: Final = b"2"
"""Of the keys about workers. The first versions had none, and `worker:<name>` and `miner:<address>`."""

FIELDS_AT_ONCE: Final = 500
"""Others wait for Redis some milliseconds at most."""


class WorkerUpkeep:
    """One pool's workers; `prefix` begins its keys."""

    def __init__(self, redis: Redis, prefix: str) -> None:
        self._redis = redis
        self._prefix = prefix
        scripts = files(__package__)
        self._forget = redis.register_script(scripts.joinpath("forget_workers.lua").read_text())
        self._take_over = redis.register_script(scripts.joinpath("take_over_workers.lua").read_text())

    async def take_over(self) -> int:
        """Bring the keys to the layout of today; how many workers were moved. Can be repeated."""
        if await self._redis.get(self._prefix + "layout") == LAYOUT:
            return 0
        moved, names = 0, list[str]()
        begin = self._prefix + "worker:"
        async for key in self._redis.scan_iter(match=begin + "*", count=FIELDS_AT_ONCE):
            names.append(key.decode().removeprefix(begin))
            if len(names) == FIELDS_AT_ONCE:
                moved += await self._move(names)
                names = []
        moved += await self._move(names)
        async for key in self._redis.scan_iter(match=self._prefix + "miner:*", count=FIELDS_AT_ONCE):
            await self._redis.delete(key)
        await self._redis.set(self._prefix + "layout", LAYOUT)
        return moved

    async def _move(self, names: Sequence[str]) -> int:
        if not names:
            return 0
        return int(await self._take_over(keys=[self._prefix + "layout"], args=[self._prefix, *names]))

    async def forget(self) -> None:
        """Go once through all workers. Those with shares by the time of the log, which may be far behind."""
        newest: Any = await self._redis.hget(self._prefix + "counters", "last_share_ms")
        await self._forget_older("workers:seen", int(newest or 0) - WORKER_LIFE_SECONDS * 1000)
        await self._forget_older("workers:refused", int(time.time()) - REFUSED_LIFE_SECONDS)

    async def _forget_older(self, key: str, oldest: int) -> None:
        cursor = 0
        while True:
            answer = await self._forget(
                keys=[self._prefix + key], args=[self._prefix, cursor, FIELDS_AT_ONCE, oldest]
            )
            cursor = int(answer)
            if cursor == 0:
                return
