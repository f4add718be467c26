"""An import into a ledger on PostgreSQL: every step that the unit tests take on SQLite, and two at once."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from nompcore.config import DaemonConfig
from services.payouts.nomp_import import booking
from tests.servers import PostgresServer, ValkeyServer
from tests.servers.payouts_process import write_payouts_config
from tests.service.nomp_import_command import ImportCommand
from tests.service.nomp_redis import DATABASE, LATER, NompRedis, reader_url
from tests.unit import test_nomp_import_booking
from tests.unit.nomp_samples import ALICE
from tests.unit.nomp_world import World
from tests.unit.payouts_samples import POOL

STEPS = [
    test
    for name, test in vars(test_nomp_import_booking).items()
    if name.startswith("test_") and list(inspect.signature(test).parameters) == ["world"]
]


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return postgres.new_database()


@pytest.fixture
def world(url: str) -> Iterator[World]:
    opened = World(url)
    yield opened
    opened.database.close()


def test_there_are_steps() -> None:
    assert len(STEPS) > 10


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__.removeprefix("test_"))
def test_postgresql_does_as_sqlite(step: Callable[[World], None], world: World) -> None:
    step(world)


async def test_of_two_imports_at_once_one_books(
    url: str, world: World, tmp_path: Path, valkey_server: ValkeyServer
) -> None:
    daemon = DaemonConfig(host="127.0.0.1", port=1, user="u", password=SecretStr("p"), wallet="pool")
    write_payouts_config(tmp_path, daemon, ALICE)
    async with Redis(port=valkey_server.port, db=DATABASE) as redis:
        await NompRedis(redis, LATER).owe(ALICE, 5)
    command = ImportCommand(tmp_path, await reader_url(valkey_server), ledger_url=url)

    ended = await asyncio.gather(*(command.run("--apply") for _ in range(3)))
    assert {one.code for one in ended} <= {0, 1}
    assert all("Traceback" not in one.errors for one in ended)
    assert (await command.run("--apply")).code == 0
    stored = booking.look(world.database, POOL).stored
    assert stored is not None
    assert stored.credited == {ALICE: 5}
    assert world.ledger.balances(POOL) == {"opening": 5, f"miner:{ALICE}": -5}
