"""NOMP's HTTP interface: the latest statistics, their history and their stream."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from services.api.feeds.sse import EventStream
from services.api.nomp.nomp_shapes import pool_history, portal_stats
from services.api.state.portal import Portal

JSON = "application/json"


class NompAnswers:
    """NOMP's objects as JSON, encoded once per gathering however many ask."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._revision = -1
        self._stats = self._history = b""

    def stats(self) -> bytes:
        """The body of `/api/stats`."""
        self._renew()
        return self._stats

    def history(self) -> bytes:
        """The body of `/api/pool_stats`."""
        self._renew()
        return self._history

    def _renew(self) -> None:
        portal, state = self._portal, self._portal.state
        if self._revision == state.revision:
            return
        snapshots = {name: live.pool for name, live in state.pools.items()}
        histories = {name: live.history for name, live in state.pools.items()}
        interval_seconds = portal.config.website.update_interval_seconds
        self._stats = msgspec.json.encode(portal_stats(portal.coins, snapshots, state.gathered_ms))
        self._history = msgspec.json.encode(pool_history(portal.coins, histories, interval_seconds))
        self._revision = state.revision


def nomp_router(portal: Portal, answers: NompAnswers) -> APIRouter:
    """The routes below `/api`."""
    router = APIRouter(prefix="/api", tags=["NOMP"])

    @router.get("/stats", summary="Latest statistics of all pools")
    async def stats() -> Response:
        """The object NOMP serves here: `time`, `global`, `algos` and `pools`."""
        return Response(answers.stats(), media_type=JSON)

    @router.get("/pool_stats", summary="History of all pools")
    async def pool_stats() -> Response:
        """The array NOMP serves here, oldest first: `time` and for each pool hashrate, workers and blocks."""
        return Response(answers.history(), media_type=JSON)

    @router.get("/live_stats", summary="Statistics as server-sent events")
    async def live_stats() -> Response:
        """The object of `/api/stats` as an event after every update."""
        return EventStream(portal.hub)

    return router
