"""payouts while its neighbours are away, lose their data, or are a second payouts."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import nats

from nompcore.requests import MinerRequest
from nompcore.subjects import MINER, SHARES
from services.payouts.counting.redis_client import connect
from tests.servers import NatsServer, ValkeyServer
from tests.servers.payouts_process import POOL, PayoutsProcess
from tests.service.payouts_chain import FOUND_MS, POOL_WALLET, Chain, miner_share
from tests.service.payouts_world import PayoutsWorld, payouts_world

# ---- outages ----


async def test_an_emptied_redis_is_rebuilt_from_the_log(
    world: PayoutsWorld, valkey_server: ValkeyServer
) -> None:
    (paid,) = await world.chain.find(1)
    open_block = replace(paid, block_hash="ab" * 32, height=paid.height + 1)  # no daemon knows it yet
    first, second = await world.chain.miner_addresses(2)
    await world.publish_shares(miner_share(first, 1), paid.candidate(first, 1))
    await world.publish_outcome(paid.outcome(first))
    await world.publish_shares(miner_share(second, 2), open_block.candidate(first, 3), miner_share(second, 4))
    world.process.start()
    before = await world.snapshot_with(round_difficulty=4.0, valid_shares=5)
    await world.wait_until(
        lambda: world.process.query("SELECT COUNT(*) FROM round_shares") == [(1,)], "the first round closed"
    )
    async with connect(valkey_server.url) as redis:
        await redis.flushall()
    await world.publish_shares(miner_share(first, 1))
    after = await world.snapshot_with(valid_shares=6)
    assert after.round_difficulty == before.round_difficulty + 1
    await world.publish_outcome(open_block.outcome(first))
    await world.wait_until(
        lambda: world.process.query("SELECT COUNT(*) FROM round_shares") == [(3,)], "both rounds closed"
    )
    works = dict(world.process.query("SELECT height, round_work FROM blocks"))
    assert works == {paid.height: str(2 * 2**32), open_block.height: str(5 * 2**32)}


async def test_it_starts_before_everything_it_needs_and_pays_when_all_are_there(
    tmp_path: Path, nats_server: NatsServer, valkey_server: ValkeyServer, chain: Chain
) -> None:
    (block,) = await chain.find_mature(1)
    (miner,) = await chain.miner_addresses(1)
    async with payouts_world(tmp_path, nats_server, valkey_server, chain) as world:
        await world.publish_shares(block.candidate(miner))
        await world.publish_outcome(block.outcome(miner))
        for server in (nats_server, valkey_server, chain.node):
            await server.stop()
        world.process.start()
        await world.wait_until(lambda: "connecting to NATS" in world.process.output, "the process runs")
        await nats_server.start()
        await world.wait_until(lambda: "will be tried again" in world.process.output, "it misses Redis")
        await chain.node.start()
        await valkey_server.start()
        await world.mine_until(lambda: world.payment_states() == ["confirmed"], "a confirmed payment")
        assert len(await chain.payments_to(miner)) == 1


async def test_outages_of_every_neighbour_lose_and_repeat_nothing(
    world: PayoutsWorld, nats_server: NatsServer, valkey_server: ValkeyServer
) -> None:
    (block,) = await world.chain.find_mature(1)
    (miner,) = await world.chain.miner_addresses(1)
    world.process.start()
    for number in range(6):
        await world.publish_shares(miner_share(f"{miner}.{number}"))
        if number == 1:
            await valkey_server.kill()
            await valkey_server.start()
        if number == 3:
            await nats_server.restart_after_kill()
            await world.wait_until(world.is_connected, "NATS is back")
    await world.snapshot_with(valid_shares=6, round_difficulty=6.0)
    await world.chain.node.stop()  # not killed: it would lose the blocks it mined
    await world.publish_shares(block.candidate(miner))
    await world.publish_outcome(block.outcome(miner))
    await world.wait_until(lambda: "DaemonUnreachable" in world.process.output, "it misses the daemon")
    await world.chain.node.start()
    await world.mine_until(lambda: world.payment_states() == ["confirmed"], "a confirmed payment")
    assert world.process.query("SELECT round_work FROM blocks") == [(str(7 * 2**32),)]
    assert len(await world.chain.payments_to(miner)) == 1


async def test_counting_goes_on_when_nats_lost_its_log(world: PayoutsWorld, nats_server: NatsServer) -> None:
    (miner,) = await world.chain.miner_addresses(1)
    for _ in range(3):
        await world.publish_shares(miner_share(miner, time_ms=FOUND_MS))
    world.process.start()
    await world.snapshot_with(valid_shares=3)
    await nats_server.kill()
    nats_server.wipe()
    await nats_server.start()
    await world.wait_until(world.is_connected, "NATS is back")
    await world.bus.ensure()
    await world.api.ensure()
    await world.publish_shares(miner_share(miner, time_ms=FOUND_MS + 60_000))
    shown = await world.snapshot_with(valid_shares=4)
    assert shown.round_difficulty == 4.0
    assert "share log was reset" in world.process.output


async def test_counting_goes_on_when_nats_came_back_from_an_older_backup(
    world: PayoutsWorld, nats_server: NatsServer, tmp_path: Path
) -> None:
    (miner,) = await world.chain.miner_addresses(1)
    await world.publish_shares(miner_share(miner, time_ms=FOUND_MS))
    streams, backup = nats_server.directory / "js", tmp_path / "backup"
    await nats_server.stop()
    shutil.copytree(streams, backup)
    await nats_server.start()
    await world.wait_until(world.is_connected, "NATS is back")
    for _ in range(3):
        await world.publish_shares(miner_share(miner, time_ms=FOUND_MS))
    world.process.start()
    await world.snapshot_with(valid_shares=4)

    await nats_server.stop()
    shutil.rmtree(streams)
    shutil.copytree(backup, streams)
    await nats_server.start()
    await world.wait_until(world.is_connected, "NATS is back")
    await world.wait_until(lambda: "share log was reset" in world.process.output, "it notices")
    await world.publish_shares(miner_share(miner, time_ms=FOUND_MS))
    shown = await world.snapshot_with(valid_shares=5)
    assert shown.round_difficulty == 5.0


async def test_shares_that_the_log_lost_before_they_were_read_are_reported(
    world: PayoutsWorld, nats_server: NatsServer
) -> None:
    (miner,) = await world.chain.miner_addresses(1)
    await world.publish_shares(miner_share(miner))
    world.process.start()
    await world.snapshot_with(valid_shares=1)
    await world.process.stop()
    for _ in range(4):
        await world.publish_shares(miner_share(miner))
    client = await nats.connect(nats_server.url)
    await client.jetstream().purge_stream(SHARES.name, keep=1)
    await client.close()
    world.process.start()
    shown = await world.snapshot_with(valid_shares=2)
    assert shown.round_difficulty == 2.0
    assert "share log was cut" in world.process.output


# ---- replicas ----


async def test_a_second_replica_goes_on_where_a_killed_one_stopped(
    world: PayoutsWorld, nats_server: NatsServer, valkey_server: ValkeyServer
) -> None:
    (block,) = await world.chain.find_mature(1)
    (miner,) = await world.chain.miner_addresses(1)
    home = world.process.ledger_file.parent
    other = PayoutsProcess(home, nats_url=nats_server.url, redis_url=valkey_server.url, replica="payouts-2")
    world.process.start()
    await world.wait_until(lambda: '"leading"' in world.process.output, "the first replica leads")
    other.start()
    try:
        await world.publish_shares(miner_share(miner, 1))
        await world.snapshot_with(valid_shares=1)
        await world.wait_until(lambda: '"serving"' in other.output, "the second replica serves")
        await world.process.kill()
        await world.publish_shares(block.candidate(miner, 1))
        await world.publish_outcome(block.outcome(miner))
        await world.mine_until(lambda: world.payment_states() == ["confirmed"], "a confirmed payment")
        assert world.process.query("SELECT round_work FROM blocks") == [(str(2 * 2**32),)]
        assert len(await world.chain.payments_to(miner)) == 1
    finally:
        await other.kill()


async def test_it_ends_cleanly_when_told_and_gives_the_lease_up(world: PayoutsWorld) -> None:
    world.process.start()
    await world.snapshot_with(valid_shares=0)
    assert await world.process.stop() == 0
    world.process.start()
    await world.wait_until(lambda: world.process.output.count('"leading"') == 2, "it leads at once again")


async def test_a_pool_that_does_not_pay_still_counts_shares(
    tmp_path: Path, nats_server: NatsServer, valkey_server: ValkeyServer, chain: Chain
) -> None:
    async with payouts_world(tmp_path, nats_server, valkey_server, chain, enabled=False) as world:
        await world.publish_shares(miner_share("somebody", 2))
        world.process.start()
        shown = await world.snapshot_with(valid_shares=1)
        assert shown.payments_state == "disabled"
        assert (await world.api.request(MINER, MinerRequest(address="somebody"), pool=POOL)).known


async def test_secrets_are_not_logged(world: PayoutsWorld) -> None:
    world.process.start()
    await world.snapshot_with(valid_shares=0)
    await world.chain.node.stop()  # not killed: it would lose the blocks it mined
    await world.wait_until(lambda: "DaemonUnreachable" in world.process.output, "it misses the daemon")
    await world.chain.node.start()
    password = world.chain.node.config(POOL_WALLET).password.get_secret_value()
    assert password not in world.process.output
