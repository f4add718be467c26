"""What Redis answers when it can do nothing now makes a step be repeated."""

from __future__ import annotations

import asyncio

import pytest
from redis.exceptions import ResponseError

from services.payouts.counting.redis_client import connect
from services.payouts.outages import OUTAGES
from tests.servers import wait_until


async def test_a_redis_that_runs_a_long_script_is_an_outage(valkey_url: str) -> None:
    async with connect(valkey_url) as busy, connect(valkey_url) as other:
        await other.config_set("busy-reply-threshold", 1)
        running = asyncio.ensure_future(busy.eval("while true do end", 0))

        async def is_busy() -> bool:
            try:
                await other.get("x")
            except OUTAGES:
                return True
            return False

        try:
            await wait_until(is_busy, what="Valkey says that it is busy")
        finally:
            await other.script_kill()
        with pytest.raises(ResponseError, match="killed"):
            await running
        assert await other.get("x") is None
