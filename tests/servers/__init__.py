"""Real servers for tests, each on free ports with its data in a directory of the test."""

from tests.servers.haproxy import HAProxy
from tests.servers.litecoind import Litecoind
from tests.servers.nats import NatsServer
from tests.servers.postgres import PostgresServer
from tests.servers.process import free_port, wait_until
from tests.servers.simcoind import SimCoind
from tests.servers.valkey import ValkeyServer

__all__ = [
    "HAProxy", "Litecoind", "NatsServer", "PostgresServer", "SimCoind", "ValkeyServer", "free_port",
    "wait_until",
]  # fmt: skip
