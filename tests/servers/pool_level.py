"""A whole pool under test: NATS, Valkey, jobmaker, stratum, payouts; several make levels."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from deploy.setup.nats_users import nats_users_conf
from nompcore import subjects
from nompcore.bus import Bus
from nompcore.config import DaemonConfig
from nompcore.messages import Share
from nompcore.upstream import UpstreamSnapshot
from tests.servers.jobmaker_process import ROOT, JobmakerProcess, pool_keys, write_config
from tests.servers.nats import NatsServer
from tests.servers.payouts_process import PayoutsProcess
from tests.servers.process import ServerProcess, free_port
from tests.servers.valkey import ValkeyServer

POOL = "ltc"
PASSWORD = "only-on-loopback"


class PoolLevel:
    """One pool; `bus` sees what its services say to each other."""

    def __init__(
        self, directory: Path, daemon: DaemonConfig, address: str, difficulty: float, **keys: Any
    ) -> None:
        self.port = free_port()
        self.address = address
        payments = {
            "enabled": True,
            "paymentInterval": 0.5,
            "minimumPayment": 0.01,
            "feePercent": 0.01,
            "daemon": {**_login(daemon)},
        }
        file = pool_keys(
            [daemon],
            address,
            ports={str(self.port): {"diff": difficulty}},
            paymentProcessing=payments,
            **keys,
        )
        write_config(directory, {POOL: file})
        passwords = dict.fromkeys(subjects.SERVICES, PASSWORD)
        self.nats = NatsServer(directory / "nats", nats_users_conf(passwords, PASSWORD))
        self.valkey = ValkeyServer(directory / "valkey")
        self.jobmaker = JobmakerProcess(directory, self._url(subjects.JOBMAKER))
        self.payouts = PayoutsProcess(
            directory, nats_url=self._url(subjects.PAYOUTS), redis_url=self.valkey.url
        )
        self.stratum = _stratum(directory, self._url(subjects.STRATUM))
        self.bus: Bus

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[PoolLevel]:
        """For the length of the block."""
        async with contextlib.AsyncExitStack() as stack:
            for server in (self.nats, self.valkey):
                stack.push_async_callback(server.stop)
                await server.start()
            self.bus = await Bus.connect(self._url("operator"), service=subjects.JOBMAKER, replica="test")
            await self.bus.ensure()
            stack.push_async_callback(self.bus.drain)
            for process in (self.stratum, self.payouts, self.jobmaker):
                stack.push_async_callback(process.stop)
            self.stratum.start()
            self.payouts.start()
            await self.jobmaker.start()
            await self.stratum.answers(self._serves)
            yield self

    async def shares(self) -> list[Share]:
        """The share log."""
        stored = await self.bus.stretch(subjects.SHARE_BATCH, POOL, 0)
        return [share for one in stored for share in one.message.shares]

    async def upstream(self) -> UpstreamSnapshot | None:
        """How it gets on with its upstream pool."""
        return await self.bus.bucket(subjects.STATS).load(subjects.upstream_key(POOL), UpstreamSnapshot)

    def _url(self, user: str) -> str:
        """Each service has the rights that it has in a deployment, the test an operator's."""
        return self.nats.url_for(user, PASSWORD)

    async def _serves(self) -> bool:
        return '"message": "serving"' in self.stratum.log_path.read_text(errors="replace")


def _login(daemon: DaemonConfig) -> dict[str, object]:
    login = {"host": daemon.host, "port": daemon.port, "user": daemon.user, "wallet": daemon.wallet}
    return {**login, "password": daemon.password.get_secret_value()}


def _stratum(directory: Path, nats_url: str) -> ServerProcess:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(ROOT / "libs"), str(ROOT))),
        "NATS_URL": nats_url,
        "NOMP_CONFIG_DIR": str(directory),
        "NOMP_COINS_DIR": str(ROOT / "coins"),
        "NOMP_REPLICA": "stratum-1",
        "STRATUM_HOST": "127.0.0.1",
        "STRATUM_DRAIN_SECONDS": "0",
        "METRICS_PORT": "0",
        "LOG_LEVEL": "debug",
    }
    return ServerProcess([sys.executable, "-m", "services.stratum"], directory / "stratum.log", environment)
