"""The first job on a new tip: an empty block where the full one would take longer to make and store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from nompcore.messages import BlockSubmitted, Job
from services.jobmaker.watcher import BARE_FIRST_TRANSACTIONS
from tests.servers import NatsServer, wait_until
from tests.servers.block_finder import find_block
from tests.servers.litecoind import WALLET
from tests.servers.relay_daemon import PassOn, RelayDaemon
from tests.service.jobmaker_rig import Rig, running_rig
from tests.service.pool_stage import PoolStage, at_work, set_up, simulated_chain

CALM: dict[str, Any] = {"txRefreshInterval": 3_600_000, "jobRebroadcastTimeout": 0}
"""No jobs but those of new tips."""

JOBS = "nomp_jobmaker_jobs_total"
LITECOIN_SATS = 10**8
COUNT_AT = 160  # hex digits: a block's number of transactions follows its header


@pytest.fixture
async def rig(tmp_path: Path, nats_server: NatsServer) -> AsyncIterator[Rig]:
    """litecoind, with as many payments waiting as it takes for a bare job."""
    async with running_rig(tmp_path, nats_server) as rig:
        await rig.mine(101)
        async with rig.node.daemon(WALLET) as wallet:
            addresses = [await wallet.call("getnewaddress") for _ in range(BARE_FIRST_TRANSACTIONS)]
            await wallet.call("sendmany", "", dict.fromkeys(addresses, 0.2))
            await rig.mine()
            await pay_from_each(wallet, rig.address)
        yield rig


async def pay_from_each(wallet: Any, to: str) -> None:
    """A payment for each of the small coins, none of which depends on another."""
    coins = [coin for coin in await wallet.call("listunspent") if coin["amount"] < 1]
    for coin in coins:
        inputs = [{"txid": coin["txid"], "vout": coin["vout"]}]
        bare = await wallet.call("createrawtransaction", inputs, {to: 0.19})
        signed = await wallet.call("signrawtransactionwithwallet", bare)
        await wallet.call("sendrawtransaction", signed["hex"])


async def empty_block(rig: Rig) -> None:
    """A block of somebody else that leaves everything waiting."""
    async with rig.node.daemon() as daemon:
        await daemon.call("generateblock", rig.address, [])


async def jobs_at(rig: Rig, height: int, count: int) -> Sequence[Job]:
    """The jobs of a height, once there are so many."""

    def seen() -> list[Job]:
        return [job for job in rig.miners.jobs if job.height == height]

    await wait_until(lambda: len(seen()) >= count, what=f"{count} jobs at height {height}")
    return seen()


async def fate_of_block_on(rig: Rig, job: Job) -> tuple[BlockSubmitted, list[str]]:
    """What became of a block found on the job, and its transactions as the daemon has them."""
    found = find_block(job, rig.miners.coin)
    await rig.miners.publish(found)
    fate = await rig.miners.fate_of(found)
    async with rig.node.daemon() as daemon:
        block = await daemon.call("getblock", found.block_hash_display)
    return fate, block["tx"]


@pytest.fixture
async def node_relay(rig: Rig) -> AsyncIterator[RelayDaemon]:
    """In front of the node."""
    async with RelayDaemon(rig.node.config()).serving() as relay:
        yield relay


async def test_a_block_found_on_either_of_a_new_tips_two_jobs_is_accepted(
    rig: Rig, node_relay: RelayDaemon
) -> None:
    await rig.jobmaker([node_relay.config], **CALM)
    first = await rig.miners.job()
    assert first.clean_jobs
    assert first.merkle_branch_hex != []  # nobody knows yet that the daemon takes empty blocks

    await wait_until(lambda: proposals_answered(node_relay) == 2, what="the empty block was proposed as well")
    await empty_block(rig)
    bare, full = await jobs_at(rig, first.height + 1, 2)
    assert (bare.merkle_branch_hex, bare.clean_jobs) == ([], True)
    assert full.merkle_branch_hex != []
    assert not full.clean_jobs
    assert bare.prevhash_hex == full.prevhash_hex
    assert bare.reward_sats == 50 * LITECOIN_SATS < full.reward_sats
    fate, transactions = await fate_of_block_on(rig, bare)
    assert (fate.status, fate.reason) == ("accepted", "")
    assert transactions == [fate.coinbase_txid_display]

    _, full = await jobs_at(rig, bare.height + 1, 2)
    fate, transactions = await fate_of_block_on(rig, full)
    assert (fate.status, fate.reason) == ("accepted", "")
    assert len(transactions) == 1 + BARE_FIRST_TRANSACTIONS


def proposals_answered(relay: RelayDaemon) -> int:
    """How many blocks the daemon has judged before anybody worked on them."""
    requests = [params[0] for method, params in relay.answered if method == "getblocktemplate"]
    return sum(request.get("mode") == "proposal" for request in requests)


@pytest.fixture
async def stage(tmp_path: Path, nats_url: str) -> AsyncIterator[PoolStage]:
    """A simulated daemon, with two payments fewer waiting than it takes; the pool is not at work yet."""
    async with (
        simulated_chain(tmp_path / "sim", options=("--maturity", "1")) as sim,
        RelayDaemon(sim.config()).serving() as relay,
        set_up(sim, nats_url, relay=relay, tx_refresh_interval_seconds=3600) as stage,
    ):
        await sim.call("sim_addtransactions", BARE_FIRST_TRANSACTIONS - 2)
        yield stage


async def jobs_of_next_tip(stage: PoolStage) -> list[Job]:
    """All jobs of the tip after the present one, once the full one is there and bare ones were checked."""
    await stage.new_tip()
    height = 1 + await stage.sim.call("getblockcount")
    await stage.miners.job(lambda job: job.height == height and job.merkle_branch_hex != [])
    return [job for job in stage.miners.jobs if job.height == height]


async def test_only_a_template_with_many_transactions_has_a_bare_job(stage: PoolStage) -> None:
    async with at_work(stage):
        await stage.job_on_tip()
        await jobs_of_next_tip(stage)
        assert len(stage.relay.template_requests(mode="proposal")) == 1  # no empty block

        await stage.sim.call("sim_addtransactions", 1)
        few = await jobs_of_next_tip(stage)
        assert [job.clean_jobs for job in few] == [True]
        await stage.sim.call("sim_addtransactions", 1)
        unchecked = await jobs_of_next_tip(stage)
        assert [job.clean_jobs for job in unchecked] == [True]
        await wait_until(
            lambda: stage.count("nomp_jobmaker_templates_checked_total", result="accepted") == 2,
            what="the daemon takes empty blocks",
        )
        many = await jobs_of_next_tip(stage)

    assert [(job.merkle_branch_hex == [], job.clean_jobs) for job in many] == [(True, True), (False, False)]
    assert stage.count(JOBS, kind="bare") == 1


async def test_a_daemon_that_refuses_empty_blocks_gives_full_jobs_all_the_same(stage: PoolStage) -> None:
    asked = []

    async def getblocktemplate(params: list[Any]) -> object:
        data = params[0].get("data", "")
        if params[0].get("mode") == "proposal" and data[COUNT_AT : COUNT_AT + 2] == "01":
            asked.append(data)
            return "bad-cb-payee"
        raise PassOn

    stage.relay.answers["getblocktemplate"] = getblocktemplate
    await stage.sim.call("sim_addtransactions", 2)
    async with at_work(stage):
        await stage.job_on_tip()
        jobs = [await jobs_of_next_tip(stage) for _ in range(3)]

    assert [[job.clean_jobs for job in each] for each in jobs] == [[True]] * 3
    assert len(asked) == 1
    assert stage.count("nomp_jobmaker_template_refused") == 0
    assert stage.count("nomp_jobmaker_job_failures_total", why="TemplateRefused") == 0


async def test_where_the_full_block_would_be_refused_miners_stay_with_the_empty_one(
    tmp_path: Path, nats_url: str
) -> None:
    left_out: set[str] = set()

    async def getblocktemplate(params: list[Any]) -> object:
        if params[0].get("mode") == "proposal":
            raise PassOn
        template = await relay.ask_behind("getblocktemplate", *params)
        return {name: value for name, value in template.items() if name not in left_out}

    async with (
        simulated_chain(tmp_path / "sim", options=("--maturity", "1")) as sim,
        RelayDaemon(sim.config()).serving() as relay,
        set_up(sim, nats_url, relay=relay) as stage,
    ):
        relay.answers["getblocktemplate"] = getblocktemplate
        await sim.call("sim_addtransactions", BARE_FIRST_TRANSACTIONS)
        async with at_work(stage):
            await stage.job_on_tip()
            await stage.wait_for_count(2, "nomp_jobmaker_templates_checked_total", result="accepted")
            before = len(stage.miners.jobs)
            left_out.add("default_witness_commitment")
            await stage.new_tip()
            await stage.wait_for_count(3, "nomp_jobmaker_templates_checked_total", result="refused")
            bare = await stage.job_on_tip()

        assert (bare.merkle_branch_hex, bare.clean_jobs) == ([], True)
        assert [job for job in stage.miners.jobs[before:] if job.height == bare.height] == [bare]
        assert stage.count("nomp_jobmaker_template_refused") == 1
