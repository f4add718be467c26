"""Wiring of the stratum service: `python -m services.stratum`."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Mapping
from functools import partial

from prometheus_client import REGISTRY

from nompcore.collector import slow_collector
from nompcore.config import ConfigInvalid, load_config
from nompcore.descriptors import raise_descriptor_limit
from nompcore.ending import end_tasks
from nompcore.hashing import self_test
from nompcore.logs import configure_logs
from nompcore.metrics import READY
from nompcore.service import DRAIN_SECONDS, Service, run
from nompcore.settings import Settings, SettingsInvalid, read_settings
from nompcore.subjects import STRATUM
from services.stratum.ban_list import BanList
from services.stratum.capacity import Capacity
from services.stratum.control import serve_control
from services.stratum.forks import FORK, forks_wanted, run_forks
from services.stratum.hashers import hash_threads
from services.stratum.job_feed import JobFeed
from services.stratum.metrics import PoolMetrics
from services.stratum.notices import pass_notices
from services.stratum.opening import Opening
from services.stratum.pool import build_pool
from services.stratum.prefixes import Prefixes
from services.stratum.presence import send_presence
from services.stratum.server import StratumServer, change_extranonces
from services.stratum.session_key import session_signing_key
from services.stratum.switch import Switch, build_switches
from services.stratum.switch_feed import SwitchFeed
from services.stratum.switch_metrics import SwitchMetrics

log = logging.getLogger(__name__)


async def start(service: Service) -> None:
    """Serve every pool's ports until the service is told to stop."""
    for config in service.config.pools.values():
        self_test(config.coin.algorithm)
    descriptors = raise_descriptor_limit()
    log.info("connections are limited by descriptors", extra={"descriptors": descriptors})
    with hash_threads() as hashers:
        pools = {
            name: build_pool(config, service.bus, service.tasks, hashers, service.replica)
            for name, config in service.config.pools.items()
        }
        prefixes, bans = Prefixes(service.bus, service.replica), BanList(service.bus, service.replica)
        PoolMetrics(pools, bans).register(REGISTRY)
        switches = build_switches(service.config.switches.values(), pools)
        SwitchMetrics(switches).register(REGISTRY)
        opening = Opening(
            signing_key=await session_signing_key(service.bus),
            take_extranonce1=prefixes.take,
            capacity=Capacity(descriptors),
            bans=bans,
        )
        doors = opening.all_doors(service.config, pools, switches)
        server = StratumServer(pools, doors, service.settings.stratum_host, switches)
        bans.on_banned.append(server.throw_out)
        for pool in pools.values():
            service.tasks.create_task(pool.publisher.run())
        loops = [
            service.tasks.create_task(bans.run()),
            service.tasks.create_task(server.sweep()),
            service.tasks.create_task(server.expire_answers()),
            service.tasks.create_task(send_presence(service.bus, pools, service.replica)),
            *(service.tasks.create_task(server.broadcast(pool)) for pool in pools.values()),
        ]
        await JobFeed(service.bus, pools).start()
        loops += await _follow_switches(service, switches)
        await pass_notices(service.bus, pools)
        await serve_control(service.bus, pools, bans, service.replica)
        slow_collector()
        await server.listen()
        holding = prefixes.run(service.ready, lambda: READY.set(0), server.change_extranonces)
        loops.append(service.tasks.create_task(holding))
        loops += [
            service.tasks.create_task(own.run(_nothing, _nothing, partial(change_extranonces, pool)))
            for pool in pools.values()
            if (own := pool.prefixes) is not None
        ]
        await service.stop.wait()
        await server.stop(service.settings.drain_seconds)
        await end_tasks(loops)


async def _follow_switches(service: Service, switches: Mapping[str, Switch]) -> list[asyncio.Task[None]]:
    """How the switches stand is known when this returns; the tasks go on to follow them."""
    if not switches:
        return []
    feed = SwitchFeed(service.bus, switches)
    await feed.start()
    following = (feed.run(), *(switch.run() for switch in switches.values()))
    return [service.tasks.create_task(one) for one in following]


def _nothing() -> None:
    """The replica serves the other pools whether one pool's own prefixes are held or not."""


def _stops_within(settings: Settings) -> float:
    """The miners are sent away before anything else ends."""
    return settings.drain_seconds + DRAIN_SECONDS


def _fork() -> None:
    """With `clustering` in config.json: be the parent of several processes, and exit when they have."""
    try:
        settings = read_settings(os.environ, STRATUM)
        config = load_config(settings.config_dir, settings.coins_dir, os.environ)
    except (SettingsInvalid, ConfigInvalid):
        return  # `run` says what is wrong
    processes = forks_wanted(config.stratum_forks)
    if processes > 1:
        configure_logs(settings.log_level or config.log_level, service=STRATUM, replica=settings.replica)
        log.info("starting processes", extra={"processes": processes})
        sys.exit(
            run_forks(processes, os.environ, replica=settings.replica, metrics_port=settings.metrics_port)
        )


if __name__ == "__main__":
    if FORK not in os.environ:
        _fork()
    run(STRATUM, start, drain_seconds=_stops_within)
