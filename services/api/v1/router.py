"""The versioned interface below `/api/v1`."""

from __future__ import annotations

from fastapi import APIRouter

from services.api.state.portal import Portal
from services.api.subscribing.desk import SubscriptionDesk
from services.api.subscribing.pace import Pace
from services.api.v1.feeds import add_feed_routes
from services.api.v1.miners import add_miner_routes
from services.api.v1.parameters import ADDRESS_PATTERN, MAX_ADDRESS
from services.api.v1.pools import add_pool_routes
from services.api.v1.portal import add_portal_routes
from services.api.v1.rows import add_row_routes
from services.api.v1.subscriptions import add_subscription_routes
from services.api.v1.switches import add_switch_routes

__all__ = ["ADDRESS_PATTERN", "MAX_ADDRESS", "v1_router"]


def v1_router(portal: Portal, desk: SubscriptionDesk, pace: Pace) -> APIRouter:
    """The routes below `/api/v1`."""
    router = APIRouter(prefix="/api/v1", tags=["v1"])
    add_portal_routes(router, portal)
    add_pool_routes(router, portal)
    add_row_routes(router, portal)
    add_miner_routes(router, portal)
    add_feed_routes(router, portal)
    add_switch_routes(router, portal)
    add_subscription_routes(router, desk, pace)
    return router
