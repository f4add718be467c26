"""`python -m services.api`: HTTP on API_HOST:API_PORT."""

from __future__ import annotations

import asyncio
import time

from nompcore.service import Service, run
from nompcore.subjects import API
from services.api.app import create_app
from services.api.gatherer import Gatherer
from services.api.listening import HttpServer, listen
from services.api.nomp_api import NompAnswers
from services.api.portal import open_portal
from services.api.sse import EventHub


def unix_ms() -> int:
    """The clock."""
    return time.time_ns() // 1_000_000


async def start(service: Service) -> None:
    """Serve until the service stops; the first gathering is done before the port opens."""
    portal = open_portal(service.config, service.bus, unix_ms)
    answers = NompAnswers(portal)
    gatherer = Gatherer(portal, answers)
    await gatherer.subscribe()
    await gatherer.gather()
    listener = listen(service.settings.api_host, service.settings.api_port)
    service.tasks.create_task(gatherer.run(service.stop), name="gatherer")
    service.tasks.create_task(end_streams(portal.hub, service.stop), name="end of streams")
    service.ready()
    await HttpServer(create_app(portal, answers)).serve_until(service.stop, listener)


async def end_streams(hub: EventHub, stop: asyncio.Event) -> None:
    """Let listeners go when the service stops; they would hold the server up."""
    await stop.wait()
    hub.close()


if __name__ == "__main__":
    run(API, start)
