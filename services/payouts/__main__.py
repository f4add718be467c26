"""Starts payouts: one database, one Redis, and `PoolMoney` for each pool."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from redis.asyncio import Redis

from nompcore.service import Service, run
from nompcore.settings import SettingsInvalid
from nompcore.subjects import BLOCK_SUBMITTED
from services.payouts.counting.redis_client import connect
from services.payouts.failpoint import Failpoints
from services.payouts.ledger.database import Database
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.schema import LedgerUnusable
from services.payouts.mpos.mpos_pools import MposPools
from services.payouts.outages import until_done
from services.payouts.pool_money import PoolMoney
from services.payouts.pool_shares import PoolShares
from services.payouts.rounds.closing import record_outcome


async def start(service: Service) -> None:
    """Wait for the ledger's database, then run every pool until the service is told to stop."""
    failpoints = Failpoints.from_text(os.environ.get("NOMP_FAILPOINT", ""))
    async with _ledger(service, failpoints) as ledger, connect(service.settings.redis_url) as redis:
        await _run_pools(service, redis, ledger, failpoints)


@asynccontextmanager
async def _ledger(service: Service, failpoints: Failpoints) -> AsyncIterator[Ledger]:
    """The ledger with the tables of today, once its database is there; SettingsInvalid if it is not ours."""
    try:
        ledger = Ledger(Database(service.settings.ledger_url, failpoints))
        opening = partial(asyncio.to_thread, ledger.open)
        await until_done(opening, name="open the ledger", stop=service.stop)
    except LedgerUnusable as error:
        raise SettingsInvalid([f"LEDGER_URL: {error}"]) from error
    try:
        yield ledger
    finally:
        ledger.close()


async def _run_pools(service: Service, redis: Redis, ledger: Ledger, failpoints: Failpoints) -> None:
    with MposPools(service.bus) as mpos:
        await _run_until_stopped(service, redis, ledger, mpos, failpoints)


async def _run_until_stopped(
    service: Service, redis: Redis, ledger: Ledger, mpos: MposPools, failpoints: Failpoints
) -> None:
    async with asyncio.TaskGroup() as tasks:
        outcomes = service.bus.work(
            BLOCK_SUBMITTED, "outcomes", partial(record_outcome, ledger), service.stop
        )
        tasks.create_task(outcomes, name="outcomes")
        shares = PoolShares(service.bus, service.replica, len(service.config.pools))
        tasks.create_task(shares.look_for_ever(service.stop), name="seat among replicas")
        for pool in service.config.pools.values():
            money = PoolMoney(service.bus, redis, ledger, pool, service.config.website, failpoints)
            await money.serve()
            mpos.add(money.mpos)
            tasks.create_task(money.lead(shares, service.stop), name=f"lead {pool.name}")
        tasks.create_task(mpos.record_outcomes(service.stop), name="outcomes for MPOS")
        service.ready()


if __name__ == "__main__":
    run("payouts", start)
