"""`python -m services.api`: HTTP on API_HOST:API_PORT; the admin center there or on a port of its own."""

from __future__ import annotations

import asyncio
import os
import time

from starlette.staticfiles import StaticFiles

from nompcore.collector import slow_collector
from nompcore.descriptors import raise_descriptor_limit
from nompcore.service import Service, run
from nompcore.subjects import API
from services.api.admin.center import AdminCenter, alone
from services.api.admin.config_files import ConfigFiles
from services.api.admin.operators import read_operators
from services.api.app import STATIC, create_app
from services.api.nomp.nomp_api import NompAnswers
from services.api.serving.client_address import TrustedProxies
from services.api.serving.listening import HttpServer, listen
from services.api.serving.rate_limit import Gate
from services.api.state.gatherer import Gatherer
from services.api.state.portal import Portal, open_portal


def unix_ms() -> int:
    """The clock."""
    return time.time_ns() // 1_000_000


async def start(service: Service) -> None:
    """Serve until the service stops; the first gathering is done before the port opens."""
    operators = read_operators(service.settings.admin_users)
    listeners = service.settings.api_listeners
    raise_descriptor_limit()
    portal = open_portal(service.config, service.bus, unix_ms, listeners)
    answers = NompAnswers(portal)
    gatherer = Gatherer(portal, answers)
    await gatherer.subscribe()
    await gatherer.gather()
    listener = listen(service.settings.api_host, service.settings.api_port)
    gate = Gate(
        service.settings.api_rate,
        service.settings.api_burst,
        TrustedProxies(service.settings.api_proxy_networks),
    )
    service.tasks.create_task(gatherer.run(service.stop), name="gatherer")
    service.tasks.create_task(end_streams(portal, service.stop), name="end of streams")
    admin = None
    if operators:
        files = ConfigFiles(service.settings.config_dir, service.settings.coins_dir, os.environ)
        admin = AdminCenter(portal, operators, files, gate)
        service.tasks.create_task(admin.open(service.stop), name="admin center")
    if admin and service.settings.admin_port:
        serve_alone(service, admin)
        admin = None
    server = HttpServer(create_app(portal, answers, gate, admin), listeners=listeners)
    slow_collector()
    service.ready()
    await server.serve_until(service.stop, listener)


def serve_alone(service: Service, admin: AdminCenter) -> None:
    """The admin center on its own port; the public one does not know it."""
    listener = listen(service.settings.admin_host, service.settings.admin_port)
    server = HttpServer(alone(admin, StaticFiles(directory=STATIC)))
    service.tasks.create_task(server.serve_until(service.stop, listener), name="admin center's port")


async def end_streams(portal: Portal, stop: asyncio.Event) -> None:
    """Let listeners go when the service stops; they would hold the server up."""
    await stop.wait()
    portal.close_streams()


if __name__ == "__main__":
    run(API, start)
