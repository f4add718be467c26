"""What jobmaker does with found blocks, with litecoind as the judge."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from deploy.setup.nats_users import nats_users_conf
from nompcore.subjects import BLOCK_FOUND, JOBMAKER, SERVICES
from tests.servers import NatsServer, wait_until
from tests.servers.block_finder import find_block
from tests.servers.jobmaker_process import POOL
from tests.servers.regtest_chain import pay_with_witness, peg_in
from tests.service.jobmaker_rig import Rig, running_rig


@pytest.fixture
async def mweb_rig(tmp_path: Path, nats_server: NatsServer) -> AsyncIterator[Rig]:
    """On a chain past MWEB activation."""
    async with running_rig(tmp_path, nats_server, mweb=True) as rig:
        yield rig


async def test_a_block_past_mweb_activation_with_a_witness_transaction_is_accepted(mweb_rig: Rig) -> None:
    witness_txid = await pay_with_witness(mweb_rig.node)
    await peg_in(mweb_rig.node)
    await mweb_rig.jobmaker()
    job = await mweb_rig.miners.job(lambda job: len(job.merkle_branch_hex) >= 2)
    found = find_block(job, mweb_rig.miners.coin)

    await mweb_rig.miners.publish(found)
    fate = await mweb_rig.miners.fate_of(found)

    assert (fate.status, fate.reason) == ("accepted", "")
    assert "accepted" in fate.replies.values()
    async with mweb_rig.node.daemon() as daemon:
        block = await daemon.call("getblock", found.block_hash_display, 2)
    assert block["confirmations"] == 1
    assert block["mweb"]["num_txos"] > 0
    transactions = {transaction["txid"]: transaction for transaction in block["tx"]}
    assert block["tx"][0]["txid"] == fate.coinbase_txid_display
    assert all("txinwitness" in vin for vin in transactions[witness_txid]["vin"])


async def test_a_block_found_on_a_job_of_a_killed_jobmaker_is_submitted_by_the_next(rig: Rig) -> None:
    await rig.mine(101)
    txid = await pay_with_witness(rig.node)
    killed = await rig.jobmaker(replica="jobmaker-1")
    job = await rig.miners.job(lambda job: job.merkle_branch_hex != [])
    await killed.kill()
    found = find_block(job, rig.miners.coin)
    await rig.miners.publish(found)

    await rig.jobmaker(replica="jobmaker-2")
    fate = await rig.miners.fate_of(found)

    assert fate.status == "accepted"
    async with rig.node.daemon() as daemon:
        assert txid in (await daemon.call("getblock", found.block_hash_display))["tx"]


async def test_a_block_found_while_the_daemon_is_down_is_accepted_after_it_returns(rig: Rig) -> None:
    jobmaker = await rig.jobmaker([rig.node.config()])
    found = find_block(await rig.miners.job(), rig.miners.coin)
    await rig.node.stop()
    await rig.miners.publish(found)
    await wait_until(lambda: "no daemon could judge block" in jobmaker.output, what="a submission in vain")
    assert rig.miners.fates == []

    await rig.node.start()
    fate = await rig.miners.fate_of(found)

    assert fate.status == "accepted"


async def test_one_daemon_that_answers_is_enough(rig: Rig) -> None:
    await rig.jobmaker()
    found = find_block(await rig.miners.job(), rig.miners.coin)
    await rig.node.stop()

    await rig.miners.publish(found)
    fate = await rig.miners.fate_of(found)

    assert fate.status == "accepted"
    assert sorted(fate.replies.values()) == ["accepted", "unreachable"]
    await rig.node.start()


async def test_a_block_beside_the_best_chain_competes(rig: Rig) -> None:
    await rig.jobmaker()
    found = find_block(await rig.miners.job(), rig.miners.coin)
    await rig.mine()

    await rig.miners.publish(found)
    fate = await rig.miners.fate_of(found)

    assert fate.status == "competing"
    assert fate.reason in {"inconclusive", "duplicate"}  # what it is called when it is submitted again


async def test_a_block_that_breaks_a_rule_is_rejected_with_the_daemons_reason(rig: Rig) -> None:
    await rig.jobmaker()
    job = await rig.miners.job()
    greedy = find_block(job, rig.miners.coin)
    other = find_block(job, rig.miners.coin, extranonce1=b"\x00\x00\x00\x02")
    mixed = msgspec.structs.replace(greedy, coinbase_hex=other.coinbase_hex)

    await rig.miners.publish(mixed)
    fate = await rig.miners.fate_of(mixed)

    assert (fate.status, fate.reason) == ("rejected", "bad-txnmrklroot")


async def test_a_repeated_delivery_of_an_accepted_block_is_accepted_again(rig: Rig) -> None:
    await rig.jobmaker()
    found = find_block(await rig.miners.job(), rig.miners.coin)
    async with rig.node.daemon() as daemon:
        before = await daemon.call("getblockcount")
    await rig.miners.publish(found)
    await rig.miners.fate_of(found)

    await rig.miners.bus.publish(BLOCK_FOUND, found, pool=POOL)
    await wait_until(lambda: len(rig.miners.fates) == 2, what="the second fate")

    assert [fate.status for fate in rig.miners.fates] == ["accepted", "accepted"]
    assert set(rig.miners.fates[1].replies.values()) == {"duplicate"}
    async with rig.node.daemon() as daemon:
        assert await daemon.call("getblockcount") == before + 1


async def test_a_standby_submits_a_block_found_on_a_job_of_the_leader_that_died(rig: Rig) -> None:
    leader = await rig.jobmaker(replica="jobmaker-1")
    job = await rig.miners.job()
    standby = await rig.jobmaker(replica="jobmaker-2")
    await leader.kill()
    found = find_block(job, rig.miners.coin)

    await rig.miners.publish(found)
    fate = await rig.miners.fate_of(found)

    assert fate.status == "accepted"
    assert "found block judged" in standby.output


async def test_jobmaker_needs_no_more_of_nats_than_its_user_may(tmp_path: Path) -> None:
    passwords = {service: f"{service}-password" for service in SERVICES}
    nats = NatsServer(tmp_path / "nats", nats_users_conf(passwords, "operator-password"))
    await nats.start()
    urls = nats.url_for("operator", "operator-password"), nats.url_for(JOBMAKER, passwords[JOBMAKER])
    async with running_rig(tmp_path, nats, urls=urls) as rig:
        first = await rig.jobmaker(replica="jobmaker-1")
        job = await rig.miners.job()
        await first.stop()
        second = await rig.jobmaker(replica="jobmaker-2")
        found = find_block(job, rig.miners.coin)
        await rig.miners.publish(found)

        assert (await rig.miners.fate_of(found)).status == "accepted"
        await rig.wait_for_states("ok", "ok")
        await rig.miners.job(lambda new: new.height == job.height + 1)
        assert "NATS client error" not in first.output + second.output
        assert passwords[JOBMAKER] not in first.output + second.output
    await nats.stop()
