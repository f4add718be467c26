"""The admin center in real processes of the api, behind NATS as it is shipped, and an operator's browser."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from argon2 import PasswordHasher

from deploy.setup.nats_users import nats_users_conf
from nompcore.bus import Bus
from nompcore.control import AdminAction
from nompcore.requests import PaymentsControl, PaymentsControlReply
from nompcore.subjects import ADMIN_ACTION, API, PAYMENTS_CONTROL, PAYOUTS, SERVICES
from tests.servers import NatsServer, free_port
from tests.service.api_service import store_snapshots
from tests.service.edge_process import EdgeProcess
from tests.unit import api_samples as samples
from tests.unit.config_dir import POOL_FILE, PORTAL_FILE, ConfigDir

PASSWORD = "correct horse battery staple"
# as Argon2 as any, and quick
ANN = f"ann:{PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)}"
WEBHOOK = "https://hooks.example/T0KEN-of-the-webhook"

TOKEN = re.compile(r'name="token" value="([^"]*)"')


class Browser:
    """An operator's browser: keeps cookies, follows no redirect by itself, and sends what forms hold."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str) -> httpx.Response:
        """A page."""
        return await self.client.get(path)

    async def token(self, path: str) -> str:
        """The token in the forms of a page."""
        found = TOKEN.search((await self.get(path)).text)
        assert found is not None, path
        return unescape(found[1])

    async def post(self, path: str, fields: Mapping[str, str], **headers: str) -> httpx.Response:
        """What a form would send."""
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return await self.client.post(path, content=urlencode(fields), headers={**kind, **headers})

    async def log_in(self, password: str = PASSWORD, *, name: str = "ann", code: str = "") -> httpx.Response:
        """Fill in the form for logging in."""
        fields = {"name": name, "password": password, "code": code}
        return await self.post("/admin/login", {**fields, "token": await self.token("/admin/login")})

    async def order(self, name: str, **fields: str) -> httpx.Response:
        """Press the button of an order."""
        return await self.post(f"/admin/do/{name}", {**fields, "token": await self.token("/admin")})


class AdminStage:
    """NATS and payouts of a test, and as many replicas of the api as it starts."""

    def __init__(self, directory: Path, nats: NatsServer, payouts: Bus, api_bus: Bus) -> None:
        self.nats = nats
        self.payouts = payouts
        self.directory = directory
        self.asked: list[PaymentsControl] = []
        self.replicas: list[EdgeProcess] = []
        self.portal_keys: dict[str, Any] = {}  # of config.json, beside those of `ConfigDir`
        self.pool_keys: dict[str, Any] = {}  # of the pool's file
        self._api_bus = api_bus
        self._clients: list[httpx.AsyncClient] = []

    async def start(self, users: str = ANN, **environment: str) -> Browser:
        """One more replica; a browser that has not logged in."""
        number, port = len(self.replicas), free_port()
        config = ConfigDir()
        config.put(PORTAL_FILE, "website", "stats", "updateInterval", value=1)
        config.put(PORTAL_FILE, "webhooks", value=[WEBHOOK])
        config.files[PORTAL_FILE] |= self.portal_keys
        config.files[POOL_FILE] |= self.pool_keys
        settings = {"API_PORT": str(port), "METRICS_PORT": "0", "ADMIN_USERS": users, **environment}
        url = self.nats.url_for(API, f"{API}-password")
        process = EdgeProcess("api", self.directory / f"api-{number}", config, url, **settings)
        self.replicas.append(process)
        await process.start()
        return self.browser(int(settings.get("ADMIN_PORT") or port))

    def browser(self, port: int) -> Browser:
        """One more browser."""
        client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30)
        self._clients.append(client)
        return Browser(client)

    async def actions(self) -> list[AdminAction]:
        """Every line of the log, the oldest first."""
        return [one.message for one in await self._api_bus.stretch(ADMIN_ACTION, "", 0)]

    async def serve_payments(self) -> None:
        """Answer orders as payouts does, and remember them."""

        async def answer(request: PaymentsControl) -> PaymentsControlReply:
            self.asked.append(request)
            return PaymentsControlReply(done=f"{request.action} was done", state="running")

        await self.payouts.serve(PAYMENTS_CONTROL, answer, samples.POOL)

    async def end(self) -> None:
        """Leave nothing behind."""
        for client in self._clients:
            await client.aclose()
        for process in self.replicas:
            await process.stop()


@asynccontextmanager
async def admin_stage(directory: Path) -> AsyncIterator[AdminStage]:
    """NATS with a user for each service, and the snapshots of one pool."""
    passwords = {service: f"{service}-password" for service in SERVICES}
    nats = NatsServer(directory / "nats", nats_users_conf(passwords, "operator-password"))
    await nats.start()
    payouts, api = [
        await Bus.connect(nats.url_for(name, f"{name}-password"), service=name, replica="test")
        for name in (PAYOUTS, API)
    ]
    for bus in (payouts, api):
        await bus.ensure()
    await store_snapshots(payouts)
    stage = AdminStage(directory, nats, payouts, api)
    try:
        yield stage
    finally:
        await stage.end()
        for bus in (payouts, api):
            await bus.drain()
        await nats.stop()
