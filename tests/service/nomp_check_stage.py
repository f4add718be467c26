"""A portal that is in order, on real servers, for tests of `nomp check` to spoil in one place each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis.asyncio
from nats import connect

from deploy.operator.checks.ground import survey
from deploy.operator.doctor import examine
from deploy.operator.finding_text import COLUMNS, findings_text
from deploy.operator.findings import Finding, Level
from deploy.operator.masking import Masking, secrets_of_environment
from nompcore.jetstream import stream_config
from nompcore.subjects import STREAMS
from services.payouts.failpoint import Failpoints
from services.payouts.ledger.database import Database
from services.payouts.ledger.ledger import Ledger
from tests.servers import NatsServer, SimCoind, ValkeyServer, free_port
from tests.servers.nats import BINARY
from tests.servers.process import ServerProcess, accepts
from tests.unit.config_dir import COINS_DIR, POOL_FILE, PORTAL_FILE, ConfigDir

OPERATOR, NATS_PASSWORD = "operator", "of-the-operator"
REDIS_PASSWORD = "of-redis-alone"
WALLET = "pool"


class OtherNats:
    """A nats-server with a configuration that no pool should have; `{store}` and `{port}` are filled in."""

    def __init__(self, directory: Path, config: str) -> None:
        self.port, self.monitor_port = free_port(), free_port()
        directory.mkdir(parents=True)
        path = directory / "nats.conf"
        head = f"host: 127.0.0.1\nport: {self.port}\nhttp: 127.0.0.1:{self.monitor_port}\n"
        path.write_text(head + config.replace("STORE", str(directory / "js")))
        self.url, self.monitor = (f"{kind}://127.0.0.1:{port}" for kind, port in self._places())
        self._process = ServerProcess([str(BINARY), "-c", str(path)], directory / "nats.log")

    def _places(self) -> list[tuple[str, int]]:
        return [("nats", self.port), ("http", self.monitor_port)]

    async def start(self) -> None:
        """Start it and wait until it takes connections."""
        self._process.start()
        await self._process.answers(lambda: accepts(self.port))

    async def kill(self) -> None:
        """End it."""
        await self._process.kill()


@dataclass
class Servers:
    """What all cases share: started once."""

    nats: NatsServer
    nats_monitor: str
    careless_nats: OtherNats
    plain_nats: OtherNats
    valkey: ValkeyServer
    daemon: SimCoind
    pool_address: str
    foreign_address: str
    ledger_url: str

    def redis(self) -> redis.asyncio.Redis:
        """A client; the caller closes it."""
        return redis.asyncio.Redis.from_url(self.redis_url)

    @property
    def redis_url(self) -> str:
        """With its password."""
        return f"redis://:{REDIS_PASSWORD}@127.0.0.1:{self.valkey.port}/0"


@dataclass
class Place:
    """One portal: its files, its environment and its clock. In order until a case spoils it."""

    servers: Servers
    directory: Path
    config: ConfigDir
    environ: dict[str, str]
    monitor: str
    now: Callable[[], float] = field(default=time.time)

    def pool(self, *steps: str | int, value: Any) -> None:
        """Set a key of the pool's file."""
        self.config.put(POOL_FILE, *steps, value=value)

    def portal(self, *steps: str | int, value: Any) -> None:
        """Set a key of config.json."""
        self.config.put(PORTAL_FILE, *steps, value=value)

    def each_daemon(self, key: str, value: Any) -> None:
        """Set a key of every daemon of the pool, the paying one too."""
        for place in (("daemons", 0), ("daemons", 1), ("shareProcessing", "internal", "daemon")):
            self.pool(*place, key, value=value)

    async def examined(self) -> list[Finding]:
        """What the doctor says, with what holds for all that it ever says."""
        self.config.write(self.directory)
        findings = await examine(survey(self.environ, self.now, self.monitor))
        text = findings_text(findings)
        assert all(len(line) <= COLUMNS for line in text.splitlines()), text
        secrets = secrets_of_environment(self.environ) | {self.servers.daemon.password}
        assert Masking(secrets).masked(text) == text
        for finding in findings:
            assert finding.where
            assert finding.what
            assert finding.mend or finding.level is Level.FINE, finding
            assert finding.why or finding.level not in (Level.WRONG, Level.HINT), finding
        return findings


def healthy(servers: Servers, directory: Path) -> Place:
    """A portal in which nothing is wrong."""
    config, daemon = ConfigDir(), servers.daemon
    environ = {
        "NOMP_CONFIG_DIR": str(directory),
        "NOMP_COINS_DIR": str(COINS_DIR),
        "NATS_URL": servers.nats.url_for(OPERATOR, NATS_PASSWORD),
        "REDIS_URL": servers.redis_url,
        "LEDGER_URL": servers.ledger_url,
        "BLOCK_ARCHIVE": str(directory / "blocks"),
        "API_PORT": str(free_port()),
    }
    place = Place(servers, directory, config, environ, servers.nats_monitor)
    place.pool("address", value=servers.pool_address)
    place.pool("ports", value={str(free_port()): {"diff": 1}})
    place.portal("blockNotifyListener", "port", value=free_port())
    place.portal("website", "adminCenter", value={"enabled": False})
    for key, value in (
        ("host", "127.0.0.1"), ("port", daemon.port), ("user", daemon.user), ("password", daemon.password),
        ("wallet", WALLET),
    ):  # fmt: skip
        place.each_daemon(key, value)
    return place


@contextmanager
def running_servers(directory: Path) -> Iterator[Servers]:
    """All of them, outliving the event loops of tests."""
    monitor_port = free_port()
    user = f'{{ user: "{OPERATOR}", password: "{NATS_PASSWORD}" }}'
    login = f"authorization {{ users: [ {user} ] }}\nhttp: 127.0.0.1:{monitor_port}"
    nats = NatsServer(directory / "nats", login)
    careless = OtherNats(directory / "careless", 'jetstream { store_dir: "STORE" }')
    plain = OtherNats(directory / "plain", "")
    valkey, daemon = ValkeyServer(directory / "valkey"), SimCoind(directory / "daemon")
    servers = (nats, careless, plain, valkey, daemon)

    async def start() -> list[str]:
        await asyncio.gather(*(server.start() for server in servers))
        async with redis.asyncio.Redis.from_url(valkey.url) as client:
            await client.config_set("requirepass", REDIS_PASSWORD)
        addresses = [await daemon.create_wallet(name) for name in (WALLET, "another")]
        await daemon.generate(3, addresses[0])
        bus = await connect(nats.url_for(OPERATOR, NATS_PASSWORD))
        for stream in STREAMS:
            await bus.jetstream().add_stream(stream_config(stream))
        await bus.close()
        return addresses

    async def end() -> None:
        await asyncio.gather(*(server.kill() for server in servers))

    try:
        pool_address, foreign_address = asyncio.run(start())
        url = f"sqlite:///{directory}/ledger.db"
        make_ledger(url).close()
        monitor = f"http://127.0.0.1:{monitor_port}"
        yield Servers(nats, monitor, careless, plain, valkey, daemon, pool_address, foreign_address, url)
    finally:
        asyncio.run(end())


def make_ledger(url: str) -> Ledger:
    """A ledger with the tables of today; the caller closes it."""
    ledger = Ledger(Database(url, Failpoints.from_text("")))
    ledger.open()
    return ledger
