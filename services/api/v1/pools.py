"""Routes about pools, answered from what is live: they cost payouts nothing."""

from __future__ import annotations

from fastapi import APIRouter

from services.api.serving.problem import network_unknown
from services.api.state.portal import Portal
from services.api.v1.parameters import DEFAULT_POINTS, Points, PoolName, Since
from services.api.v1.responses import NOT_FOUND, UNAVAILABLE
from services.api.views import models
from services.api.views.history_views import history_of
from services.api.views.portal_models import History

MS = 1000


def add_pool_routes(router: APIRouter, portal: Portal) -> None:
    """`/pools` and what is below a pool."""

    @router.get("/pools", summary="All pools")
    async def pools() -> models.Pools:
        """Every pool of this portal with its live figures."""
        return models.Pools(pools=portal.views.summaries(portal.now_ms()))

    @router.get("/pools/{pool}", summary="One pool", responses=NOT_FOUND)
    async def pool(pool: PoolName) -> models.PoolDetail:
        """One pool with its stratum processes and strongest workers."""
        portal.pool(pool)
        return portal.views.detail(pool, portal.now_ms())

    @router.get("/pools/{pool}/ports", summary="Stratum ports", responses=NOT_FOUND)
    async def ports(pool: PoolName) -> models.Ports:
        """The stratum ports of a pool with difficulty, vardiff and TLS."""
        portal.pool(pool)
        return models.Ports(ports=portal.views.ports(pool))

    @router.get("/pools/{pool}/network", summary="Network", responses=NOT_FOUND | UNAVAILABLE)
    async def network(pool: PoolName) -> models.Network:
        """The coin's network as the pool's daemons see it; 503 until they have answered once."""
        portal.pool(pool)
        known = portal.views.network(pool, portal.now_ms())
        if known is None:
            raise network_unknown()
        return known

    @router.get("/pools/{pool}/history", summary="Past figures", responses=NOT_FOUND)
    async def history(pool: PoolName, since: Since = 0, points: Points = DEFAULT_POINTS) -> History:
        """Hashrate, workers and blocks of a pool over the time that the portal keeps."""
        portal.pool(pool)
        return history_of(portal.state.pools[pool].history, since * MS, points)
