"""Routes about the portal as a whole, answered from the configuration and from what is live."""

from __future__ import annotations

from fastapi import APIRouter

from services.api.state.portal import Portal
from services.api.views.coin_views import coins_of
from services.api.views.portal_models import Coins, Rounds, Status
from services.api.views.round_views import rounds_of
from services.api.views.status_view import status_of


def add_portal_routes(router: APIRouter, portal: Portal) -> None:
    """`/coins`, `/rounds` and `/status`."""
    known = coins_of(portal.coins)

    @router.get("/coins", summary="Coins")
    async def coins() -> Coins:
        """The coins of the portal with what a wallet needs to make addresses."""
        return known

    @router.get("/rounds", summary="Current rounds")
    async def rounds() -> Rounds:
        """The round that each pool is in: its work, and its effort against a block's average."""
        return rounds_of(portal.views)

    @router.get("/status", summary="Services and daemons")
    async def status() -> Status:
        """Every service and coin daemon as far as this process can tell."""
        return status_of(portal.config.pools, portal.state, portal.now_ms(), connected=portal.bus.connected)
