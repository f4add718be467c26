"""Fixtures that start real servers. A missing server fails the test: nothing is left out in silence."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nompcore.bus import Bus
from services.payouts.ledger.ledger import Ledger
from tests.servers import Litecoind, NatsServer, PostgresServer, ValkeyServer
from tests.servers.postgres import running_postgres
from tests.service.jobmaker_rig import Rig, running_rig
from tests.side_by_side import FileScheduling
from tests.unit.payouts_samples import sqlite_ledger


def pytest_configure(config: pytest.Config) -> None:
    """Warnings are errors, except those of dependencies that we cannot mend. Byte code is kept, whatever the
    environment says: else every service that is started would compile its sources anew."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    # nats-py 2.16 takes the start time of a service from it; deprecated from Python 3.12
    config.addinivalue_line(
        "filterwarnings", r"ignore:datetime\.datetime\.utcnow:DeprecationWarning:nats\..*"
    )
    # apprise 2.3 looks whether Python still has it
    config.addinivalue_line("filterwarnings", r"ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FileScheduling:
    """In the order of the files: whole pools, which take longest, come early."""
    config.option.loadscopereorder = False
    return FileScheduling(config, log)


@pytest.fixture
async def nats_server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    """A NATS server of its own for the test."""
    server = NatsServer(tmp_path / "nats")
    try:
        await server.start()
        yield server
    finally:
        await server.stop()


@pytest.fixture
def nats_url(nats_server: NatsServer) -> str:
    """Its URL."""
    return nats_server.url


@pytest.fixture
async def valkey_server(tmp_path: Path) -> AsyncIterator[ValkeyServer]:
    """A Valkey server of its own for the test."""
    server = ValkeyServer(tmp_path / "valkey")
    try:
        await server.start()
        yield server
    finally:
        await server.stop()


@pytest.fixture
def valkey_url(valkey_server: ValkeyServer) -> str:
    """Its URL."""
    return valkey_server.url


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL for all tests: each makes databases of its own in it."""
    with running_postgres() as server:
        yield server


@pytest.fixture
async def litecoind(tmp_path: Path) -> AsyncIterator[Litecoind]:
    """A litecoind with a wallet (`WALLET`), a peer, one block, and no MWEB: it hands out templates."""
    peer = Litecoind(tmp_path / "litecoind-peer")
    node = Litecoind(tmp_path / "litecoind", peer=peer)
    try:
        await peer.start()
        await node.start()
        await node.generate(1, await node.create_wallet())
        yield node
    finally:
        await node.stop()
        await peer.stop()


@pytest.fixture
async def connect_bus(nats_url: str) -> AsyncIterator[Callable[..., Awaitable[Bus]]]:
    """`await connect_bus("payouts")`: a bus of that service, streams in place, drained after the test."""
    buses: list[Bus] = []

    async def connect(service: str, *, replica: str = "", url: str = nats_url) -> Bus:
        bus = await Bus.connect(url, service=service, replica=replica or f"{service}-{len(buses)}")
        buses.append(bus)
        await bus.ensure()
        return bus

    try:
        yield connect
    finally:
        for bus in buses:
            await bus.drain()


@pytest.fixture
async def rig(tmp_path: Path, nats_server: NatsServer) -> AsyncIterator[Rig]:
    """jobmaker on a chain of one block."""
    async with running_rig(tmp_path, nats_server) as rig:
        yield rig


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger in SQLite."""
    opened = sqlite_ledger(tmp_path)
    yield opened
    opened.close()
