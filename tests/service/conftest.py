"""What tests of a service begin with, where it is the same for several files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from services.payouts.counting.redis_client import connect
from tests.servers import NatsServer, ValkeyServer
from tests.servers.mariadb import MariaDb
from tests.service.api_service import RunningApi, full_api
from tests.service.mpos_stage import fill, mariadb
from tests.service.payouts_chain import Chain, running_chain
from tests.service.payouts_world import PayoutsWorld, payouts_world


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """A chain with the pool's wallet, for all tests of the file."""
    with running_chain(tmp_path_factory.mktemp("litecoind")) as chain:
        yield chain


@pytest.fixture
async def world(
    tmp_path: Path, nats_server: NatsServer, valkey_server: ValkeyServer, chain: Chain
) -> AsyncIterator[PayoutsWorld]:
    """payouts between NATS, Valkey and that chain, when the test starts it."""
    async with payouts_world(tmp_path, nats_server, valkey_server, chain) as world:
        yield world


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[Redis]:
    """payouts' connection to an empty Valkey."""
    async with connect(valkey_url) as client:
        yield client


@pytest.fixture
async def api(nats_url: str) -> AsyncIterator[RunningApi]:
    """The api with snapshots and an answering payouts."""
    async with full_api(nats_url) as running:
        yield running


@pytest.fixture(scope="module")
def mariadb_server() -> Iterator[MariaDb]:
    """A MariaDB for all tests of the file."""
    with mariadb() as server:
        yield server


@pytest.fixture
async def mpos(mariadb_server: MariaDb) -> MariaDb:
    """The tables of MPOS in it, as they are at first."""
    return await fill(mariadb_server)
