"""How jobmaker lives with daemons that cannot give work."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from nompcore.address import encode_base58check, encode_segwit, script_for
from nompcore.config import PoolConfig
from nompcore.daemon import Daemon
from nompcore.messages import DaemonState
from services.jobmaker.daemon_watch import WatchedDaemon
from tests.servers import free_port, wait_until
from tests.servers.jobmaker_process import POOL, JobmakerProcess, pool_keys, write_config
from tests.servers.scripted_daemon import scripted_daemon
from tests.service.jobmaker_rig import Rig
from tests.unit.chain_samples import coin, regtest_blocks

DOGECOIN_ADDRESS = encode_base58check(111, bytes(20))
LITECOIN = coin("litecoin.json")
ADDRESS = encode_segwit("rltc", 0, bytes(20))
SCRIPT = script_for(ADDRESS, LITECOIN.networks["regtest"])


async def test_the_next_healthy_daemon_leads_when_the_first_is_gone(rig: Rig) -> None:
    await rig.jobmaker()
    first = await rig.miners.job()
    await rig.wait_for_states("ok", "ok")

    await rig.node.stop()
    await rig.wait_for_states("unreachable", "no-peers")
    await rig.node.start()
    await rig.mine()

    await rig.miners.job(lambda job: job.height == first.height + 1)
    await rig.wait_for_states("ok", "ok")


async def test_each_daemon_that_cannot_give_work_says_why(rig: Rig) -> None:
    wrong_password = rig.node.config().model_copy(update={"password": SecretStr("wrong")})
    nobody = rig.node.config().model_copy(update={"port": free_port()})
    await rig.jobmaker([wrong_password, nobody, rig.node.config()])

    job = await rig.miners.job()

    async def is_told() -> bool:
        snapshot = await rig.snapshot()
        return snapshot is not None and snapshot.job_id == rig.miners.jobs[-1].job_id

    await wait_until(is_told, what="the job is in the snapshot")
    snapshot = await rig.wait_for_states("unauthorized", "unreachable", "ok")
    assert (snapshot.chain, snapshot.height) == ("regtest", job.height - 1)
    assert "wrong" not in repr(snapshot)


async def test_a_daemon_on_another_network_gives_no_jobs(rig: Rig) -> None:
    rig.address = encode_segwit("tltc", 0, bytes(20))
    await rig.jobmaker(network="test")

    snapshot = await rig.wait_for_states("wrong-network", "wrong-network")

    assert "regtest" in snapshot.daemons[0].detail
    assert rig.miners.jobs == []


async def test_pools_do_not_wait_for_each_others_daemons(rig: Rig) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hung = rig.node.config().model_copy(update={"port": silent.getsockname()[1]})
        pools = {
            "hung": pool_keys([hung], DOGECOIN_ADDRESS, coin="dogecoin.json", ports={"3033": {"diff": 1}}),
            POOL: pool_keys([rig.node.config()], rig.address),
        }
        process = JobmakerProcess(write_config(rig.directory / "two", pools), rig.nats.url)
        rig.jobmakers.append(process)
        await process.start()

        job = await rig.miners.job()
        await rig.mine()
        await rig.miners.job(lambda new: new.height == job.height + 1)


def always(answer: object) -> Callable[[list[object]], object]:
    """A method that gives the same answer whatever it is asked."""
    return lambda _params: answer


async def state_under(**changes: object) -> DaemonState:
    """The state of a regtest daemon that answers as it should, but for `changes`; None: no such method."""
    said: dict[str, object] = {
        "getblockchaininfo": {"chain": "regtest", "blocks": 1, "bestblockhash": "aa" * 32},
        "getbestblockhash": "aa" * 32,
        "validateaddress": {"isvalid": True, "scriptPubKey": SCRIPT.hex()},
        "getblocktemplate": regtest_blocks()[0].answer,
    }
    said.update(changes)
    answers = {name: always(answer) for name, answer in said.items() if answer is not None}
    async with scripted_daemon(answers) as config, Daemon(config) as client:
        pool = PoolConfig(
            name=POOL, coin=LITECOIN, network="regtest", address=ADDRESS, ports={}, daemons=(config,)
        )
        daemon = WatchedDaemon(client, pool, SCRIPT, lambda: None)
        await daemon.look()
        return daemon.state


async def test_a_daemon_that_answers_everything_is_ok() -> None:
    state = await state_under()

    assert (state.state, state.height, state.detail) == ("ok", 1, "")


async def test_a_daemon_from_before_getblockchaininfo_is_ok() -> None:
    state = await state_under(getblockchaininfo=None, getinfo={"testnet": False, "blocks": 1})

    assert (state.state, state.detail) == ("ok", "")


@pytest.mark.parametrize(
    ("changes", "state", "detail"),
    [
        (
            {"getblockchaininfo": {"chain": "main", "blocks": 1, "bestblockhash": ""}},
            "wrong-network",
            "on main",
        ),
        (
            {"getblockchaininfo": None, "getinfo": {"testnet": True, "blocks": 1}},
            "wrong-network",
            "on test",
        ),
        ({"getblockchaininfo": {"blocks": 1}}, "refused", "without 'chain'"),
        ({"validateaddress": {"isvalid": False}}, "refused", "not valid"),
        ({"validateaddress": {"isvalid": True, "scriptPubKey": "51"}}, "refused", "with script 51"),
        ({"getblocktemplate": {"payee": "somebody"}}, "refused", "demands a payment"),
        ({"getblocktemplate": None}, "refused", "Method not found"),
    ],
)
async def test_a_daemon_that_is_not_what_the_pool_needs_gives_no_work(
    changes: dict[str, object], state: str, detail: str
) -> None:
    found = await state_under(**changes)

    assert found.state == state
    assert detail in found.detail
