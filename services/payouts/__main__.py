"""Starts payouts: one database, one Redis, and `PoolMoney` for each pool."""

from __future__ import annotations

import asyncio
import os
from functools import partial

from redis.asyncio import Redis

from nompcore.service import Service, run
from nompcore.subjects import BLOCK_SUBMITTED
from services.payouts.closing import record_outcome
from services.payouts.database import Database
from services.payouts.failpoint import Failpoints
from services.payouts.ledger import Ledger
from services.payouts.outages import until_done
from services.payouts.pool_money import PoolMoney
from services.payouts.redis_client import connect


async def start(service: Service) -> None:
    """Wait for the ledger's database, then run every pool until the service is told to stop."""
    failpoints = Failpoints.from_text(os.environ.get("NOMP_FAILPOINT", ""))
    ledger = Ledger(Database(service.settings.ledger_url, failpoints))
    redis = connect(service.settings.redis_url)
    try:
        async with redis:
            await until_done(
                partial(asyncio.to_thread, ledger.open), name="open the ledger", stop=service.stop
            )
            await _run_pools(service, redis, ledger, failpoints)
    finally:
        ledger.close()


async def _run_pools(service: Service, redis: Redis, ledger: Ledger, failpoints: Failpoints) -> None:
    async with asyncio.TaskGroup() as tasks:
        outcomes = service.bus.work(
            BLOCK_SUBMITTED, "outcomes", partial(record_outcome, ledger), service.stop
        )
        tasks.create_task(outcomes, name="outcomes")
        for pool in service.config.pools.values():
            money = PoolMoney(service.bus, redis, ledger, pool, service.config.website, failpoints)
            await money.serve()
            tasks.create_task(money.lead(service.replica, service.stop), name=f"lead {pool.name}")
        service.ready()


if __name__ == "__main__":
    run("payouts", start)
