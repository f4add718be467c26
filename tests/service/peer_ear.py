"""Somebody who listens to a node of the coin's network, and what the log says of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from nompcore.ending import end_tasks
from nompcore.hashing import sha256d
from services.jobmaker.peer import DEFAULT_PACE, PeerNews
from services.jobmaker.peer_connection import PeerPace
from tests.counted import counted

REGTEST_MAGIC = bytes.fromhex("fabfb5da")


class Ear:
    """A `PeerNews` of a pool of its own, so that its metrics are its own, and what it heard."""

    def __init__(
        self,
        port: int,
        *,
        magic: bytes = REGTEST_MAGIC,
        version: int = 70015,
        relay: bool = False,
        pace: PeerPace = DEFAULT_PACE,
    ) -> None:
        async def announced_version() -> int:
            return version

        self.pool = f"pool-{port}-{magic.hex()}"
        self.blocks: list[str] = []
        self.missed = 0
        self._news = PeerNews(
            self.pool,
            "127.0.0.1",
            port,
            magic,
            announced_version,
            relay,
            sha256d,
            self.blocks.append,
            on_missed=self._miss,
            pace=pace,
        )

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Runs it for the length of the block; what it raises fails the test."""
        task = asyncio.create_task(self._news.run())
        try:
            yield
        finally:
            if task.done():
                task.result()
            await end_tasks([task])
        assert not self.connected

    @property
    def connected(self) -> bool:
        return counted("nomp_jobmaker_peer_connected", pool=self.pool) == 1

    @property
    def connects(self) -> float:
        return counted("nomp_jobmaker_peer_connects_total", pool=self.pool)

    def ended(self, why: str) -> float:
        return counted("nomp_jobmaker_peer_disconnects_total", pool=self.pool, why=why)

    def dropped_bytes(self, why: str) -> float:
        return counted("nomp_jobmaker_peer_dropped_bytes_total", pool=self.pool, why=why)

    def _miss(self) -> None:
        self.missed += 1


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The details of the lines that say why there is no connection."""
    return [record.detail for record in caplog.records if record.message == "no peer"]  # type: ignore[attr-defined]
