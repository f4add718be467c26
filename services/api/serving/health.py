"""`/health`: what the api depends on, for load balancers and people."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse

from services.api.state.live import PoolLive
from services.api.state.portal import Portal
from services.api.views.health_models import Health, PoolHealth

OK, UNAVAILABLE = "ok", "unavailable"


def health_of(portal: Portal) -> Health:
    """The state of every dependency. Stale figures are reported, only a lost NATS makes the api unhealthy."""
    now_ms, connected = portal.now_ms(), portal.bus.connected
    return Health(
        status=OK if connected else UNAVAILABLE,
        nats_connected=connected,
        listeners=portal.hub.listeners,
        pools={name: _pool_health(portal, live, now_ms) for name, live in portal.state.pools.items()},
    )


def health_router(portal: Portal) -> APIRouter:
    """The route `/health`."""
    router = APIRouter(tags=["health"])

    @router.get("/health", summary="Dependencies", response_model=Health, responses={503: {"model": Health}})
    async def health() -> JSONResponse:
        """200 while NATS is connected, else 503; ages of each pool's snapshots in seconds."""
        state = health_of(portal)
        return JSONResponse(state.model_dump(mode="json"), 200 if state.nats_connected else 503)

    return router


def _pool_health(portal: Portal, live: PoolLive, now_ms: int) -> PoolHealth:
    state = portal.state
    return PoolHealth(
        network_age_seconds=_age_seconds(live.network.time_ms, now_ms) if live.network else None,
        pool_age_seconds=_age_seconds(live.pool.time_ms, now_ms) if live.pool else None,
        stale=state.is_stale(live.network, now_ms) or state.is_stale(live.pool, now_ms),
        replicas=len(live.pulses),
        payouts_answers=live.payouts_answers,
    )


def _age_seconds(time_ms: int, now_ms: int) -> float:
    return round((now_ms - time_ms) / 1000, 1)
