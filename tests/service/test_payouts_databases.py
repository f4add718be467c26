"""payouts and its database: PostgreSQL that is away or crashes, and databases it must not touch."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.servers import NatsServer, PostgresServer, ValkeyServer
from tests.servers.payouts_process import PayoutsProcess, write_payouts_config
from tests.servers.postgres import PASSWORD
from tests.service.payouts_chain import POOL_WALLET, Chain, miner_share
from tests.service.payouts_world import payouts_world


async def test_a_database_that_comes_late_and_crashes_loses_and_repeats_nothing(
    tmp_path: Path, nats_server: NatsServer, valkey_server: ValkeyServer, chain: Chain,
    postgres: PostgresServer,
) -> None:  # fmt: skip
    (block,) = await chain.find_mature(1)
    (miner,) = await chain.miner_addresses(1)
    url = postgres.new_database()
    async with payouts_world(tmp_path, nats_server, valkey_server, chain, ledger_url=url) as world:
        process = world.process
        await postgres.stop()
        world.process.start()
        await world.wait_until(lambda: "open the ledger" in process.output, "it misses the database")
        await postgres.start()
        await world.publish_shares(miner_share(miner))
        await world.snapshot_with(valid_shares=1)

        await postgres.crash()
        missed = process.output.count("will be tried again")
        await world.publish_shares(block.candidate(miner))
        await world.publish_outcome(block.outcome(miner))
        await world.wait_until(
            lambda: process.output.count("will be tried again") > missed, "it misses the database again"
        )
        await postgres.start()
        await world.mine_until(lambda: world.payment_states() == ["confirmed"], "a confirmed payment")
        assert len(await chain.payments_to(miner)) == 1
        assert PASSWORD not in process.output
        assert "only%40on" not in process.output


# ---- databases that are not for this program ----


@pytest.fixture
async def process(
    tmp_path: Path,
    nats_server: NatsServer,
    valkey_server: ValkeyServer,
    chain: Chain,
    request: pytest.FixtureRequest,
) -> AsyncIterator[PayoutsProcess]:
    write_payouts_config(tmp_path, chain.node.config(POOL_WALLET), chain.pool_address)
    process = PayoutsProcess(
        tmp_path,
        nats_url=nats_server.url,
        redis_url=valkey_server.url,
        ledger_url=getattr(request, "param", ""),
    )
    yield process
    await process.kill()


async def test_a_ledger_of_a_newer_program_ends_it_like_a_wrong_setting(process: PayoutsProcess) -> None:
    with sqlite3.connect(process.ledger_file) as connection:
        connection.executescript(
            "CREATE TABLE alembic_version (version_num); INSERT INTO alembic_version VALUES ('9999')"
        )
    connection.close()
    process.start()
    assert await process.wait() == 2
    assert (
        "LEDGER_URL: the database is at version 9999, this program knows" in process.output.splitlines()[-1]
    )


@pytest.mark.parametrize("process", ["mysql://me:hush@127.0.0.1/ledger", "hush"], indirect=True)
async def test_a_url_of_anything_else_ends_it_like_a_wrong_setting(process: PayoutsProcess) -> None:
    process.start()
    assert await process.wait() == 2
    assert process.output.splitlines()[-1].startswith("LEDGER_URL: ")
    assert "hush" not in process.output
