"""Routes about switching ports, answered from what was gathered last."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from services.api.serving.problem import unknown_switch
from services.api.state.portal import Portal
from services.api.v1.parameters import MAX_POOL_NAME
from services.api.v1.responses import NOT_FOUND
from services.api.views.switch_models import Switch, Switches
from services.api.views.switch_views import public_switch_view

SwitchName = Annotated[str, Path(max_length=MAX_POOL_NAME, description="name of the switch")]


def add_switch_routes(router: APIRouter, portal: Portal) -> None:
    """`/switches` and `/switches/{switch}`."""
    board = portal.switches

    @router.get("/switches", summary="Switching ports")
    async def switches() -> Switches:
        """Ports whose miners follow the pool that is chosen for an algorithm, and why it was chosen."""
        return Switches(switches=[public_switch_view(live, portal.views) for live in board.switches.values()])

    @router.get("/switches/{switch}", summary="One switch", responses=NOT_FOUND)
    async def switch(switch: SwitchName) -> Switch:
        """One switch: its ports, what it mines, since when, by whose order, and what each pool would earn."""
        if switch not in board.switches:
            raise unknown_switch()
        return public_switch_view(board.switches[switch], portal.views)
