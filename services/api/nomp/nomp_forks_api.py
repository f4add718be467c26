"""The endpoints that NOMP's forks have in common: blocks, payments, one miner."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.nomp.nomp_fork_shapes import ERROR, MinerInPool, fork_blocks, fork_payments, worker_stats_of
from services.api.nomp.nomp_shapes import nomp_pool_keys
from services.api.state.portal import Portal
from services.api.v1.parameters import ADDRESS_PATTERN, MAX_ADDRESS
from services.api.v1.responses import UNAVAILABLE

JSON = "application/json"

# What OpenAPI can say of a query that is an address itself.
ADDRESS_PARAMETER = {
    "name": "address",
    "in": "query",
    "required": False,
    "schema": {"type": "string"},
    "description": "payout address; also the query as a whole, without a name",
}


def nomp_forks_router(portal: Portal) -> APIRouter:
    """The routes below `/api`."""
    router = APIRouter(prefix="/api", tags=["NOMP forks"])

    @router.get("/blocks", summary="Found blocks of all pools, as z-nomp has them")
    async def blocks() -> Response:
        """An object: `<pool>-<height>` and a text `hash:transaction:height:worker:time`."""
        return _json(_blocks(portal))

    @router.get("/getblocksstats", summary="The same under its other name")
    async def getblocksstats() -> Response:
        """As `/api/blocks`."""
        return _json(_blocks(portal))

    @router.get("/payments", summary="Pending blocks and newest payments, as z-nomp has them")
    async def payments() -> Response:
        """An array of pools, each with `pending` blocks and the newest `payments`."""
        keys, pools = nomp_pool_keys(portal.coins), portal.state.pools
        return _json(
            [
                fork_payments(coin, keys[name], pools[name].blocks, pools[name].recent_payments)
                for name, coin in portal.coins.items()
            ]
        )

    @router.get(
        "/worker_stats",
        summary="One miner, as z-nomp has it: `/api/worker_stats?<address>`",
        openapi_extra={"parameters": [ADDRESS_PARAMETER]},
        responses=UNAVAILABLE,
    )
    async def worker_stats(request: Request) -> Response:
        """Balance, hashrate and workers of the address that the query consists of, over all pools."""
        address = asked_address(request.url.query)
        if not address:
            return _json(ERROR)
        return _json(worker_stats_of(address, await _miner_in_pools(portal, address), portal.now_ms()))

    return router


def asked_address(query: str) -> str:
    """The address of a query `<address>`, `<address>.<rig>` or `address=<address>`; "" for what is none."""
    named = parse_qs(query).get("address", [""])[0]
    address = (named or unquote(query)).split(".", 1)[0]
    fits = len(address) <= MAX_ADDRESS and re.fullmatch(ADDRESS_PATTERN, address)
    return address if fits else ""


async def _miner_in_pools(portal: Portal, address: str) -> list[MinerInPool]:
    """One question a pool; the first that payouts does not answer ends it."""
    return [
        MinerInPool(pool.coin, portal.state.pools[name].network, await portal.details.miner(name, address))
        for name, pool in portal.config.pools.items()
    ]


def _blocks(portal: Portal) -> object:
    known = {name: live.blocks for name, live in portal.state.pools.items()}
    return fork_blocks(nomp_pool_keys(portal.coins), known)


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type=JSON)
