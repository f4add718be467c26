"""Run jobmaker: one task per pool, and one queue of found blocks that all replicas share."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from nompcore.messages import Tip
from nompcore.service import Service, run
from nompcore.subjects import BLOCK_FOUND, JOBMAKER, TEMPLATES, TIP
from services.jobmaker.block_archive import BlockArchive
from services.jobmaker.metrics import TIPS_UNKNOWN
from services.jobmaker.pool_work import PoolWork
from services.jobmaker.submitter import Submitter
from services.jobmaker.template_store import TemplateStore

BLOCK_QUEUE = "blocks"
"""Name of the durable consumer. Renamed, it would submit every stored block again."""

BLOCK_ACK_WAIT_SECONDS = 4.0
"""A block in the hands of a replica that died goes to another one after this long: others find blocks too."""


async def start(service: Service) -> None:
    """Serve all pools until told to stop; found blocks in hand are finished."""
    templates = TemplateStore(service.bus.objects(TEMPLATES))
    pools = {
        name: PoolWork(service.bus, service.replica, pool, templates)
        for name, pool in service.config.pools.items()
    }
    submitting = {name: pool.submitting for name, pool in pools.items()}
    archive = BlockArchive(service.settings.block_archive)
    submitter = Submitter(service.bus, templates, submitting, archive)
    await _follow_tips(service, pools)
    async with contextlib.AsyncExitStack() as stack:
        for pool in pools.values():
            stack.push_async_callback(pool.close)
        async with asyncio.TaskGroup() as group:
            for name, pool in pools.items():
                group.create_task(pool.run(service.stop), name=f"pool {name}")
            blocks = service.bus.work(
                BLOCK_FOUND,
                BLOCK_QUEUE,
                submitter.handle,
                service.stop,
                ack_wait_seconds=BLOCK_ACK_WAIT_SECONDS,
            )
            group.create_task(blocks, name="found blocks")
            service.ready()


async def _follow_tips(service: Service, pools: Mapping[str, PoolWork]) -> None:
    async def look_now(tip: Tip) -> None:
        pool = pools.get(tip.pool)
        if pool is None:
            TIPS_UNKNOWN.inc()
            return
        pool.hear(tip.block_hash_display, tip.source)

    await service.bus.subscribe(TIP, look_now)


if __name__ == "__main__":
    run(JOBMAKER, start)
