"""Wiring of the stratum service: `python -m services.stratum`."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

from prometheus_client import REGISTRY

from nompcore.ending import end_tasks
from nompcore.hashing import self_test
from nompcore.metrics import READY
from nompcore.service import Service, run
from nompcore.subjects import STRATUM
from services.stratum.descriptors import raise_descriptor_limit
from services.stratum.job_feed import JobFeed
from services.stratum.metrics import PoolMetrics
from services.stratum.pool import build_pool
from services.stratum.prefix_lease import PrefixLease
from services.stratum.presence import send_presence
from services.stratum.server import StratumServer

log = logging.getLogger(__name__)


async def start(service: Service) -> None:
    """Serve every pool's ports until the service is told to stop."""
    for config in service.config.pools.values():
        self_test(config.coin.algorithm)
    log.info("connections are limited by descriptors", extra={"descriptors": raise_descriptor_limit()})
    with ThreadPoolExecutor(thread_name_prefix="hash") as hashers:
        pools = {
            name: build_pool(config, service.bus, service.tasks, hashers, service.replica)
            for name, config in service.config.pools.items()
        }
        PoolMetrics(pools).register(REGISTRY)
        prefix = PrefixLease(service.bus, service.replica)
        server = StratumServer(pools, prefix, service.settings.stratum_host)

        def prefix_lost() -> None:
            READY.set(0)
            server.send_all_away("prefix-lost")

        for pool in pools.values():
            service.tasks.create_task(pool.publisher.run())
        loops = [
            service.tasks.create_task(server.sweep()),
            service.tasks.create_task(server.expire_answers()),
            service.tasks.create_task(send_presence(service.bus, pools, service.replica)),
            *(service.tasks.create_task(server.broadcast(pool)) for pool in pools.values()),
        ]
        await JobFeed(service.bus, pools).start()
        await server.listen()
        loops.append(service.tasks.create_task(prefix.run(service.ready, prefix_lost)))
        await service.stop.wait()
        await server.stop()
        await end_tasks(loops)


if __name__ == "__main__":
    run(STRATUM, start)
