"""What daemons are asked when they are met, and what comes of the answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from nompcore.address import encode_segwit, script_for
from nompcore.config import DaemonConfig, PoolConfig
from nompcore.daemon import Daemon
from nompcore.errors import DaemonUnfit
from services.jobmaker.block_fate import Weight
from services.jobmaker.block_submission import submit_block
from services.jobmaker.capabilities import (
    DEFAULT_PROTOCOL_VERSION,
    SUBMIT_BY_TEMPLATE,
    SUBMITBLOCK,
    Capabilities,
    ask_capabilities,
)
from services.jobmaker.daemon_watch import WatchedDaemon
from services.jobmaker.daemons import PoolDaemons
from tests.servers import Litecoind, SimCoind
from tests.servers.relay_daemon import RelayDaemon
from tests.servers.scripted_daemon import Refusal, scripted_daemon
from tests.service.pool_stage import LITECOIN, pool_config
from tests.unit.chain_samples import regtest_blocks

ADDRESS = encode_segwit("rltc", 0, bytes(20))
REGTEST = LITECOIN.networks["regtest"]
PUBKEY = "02" + "ab" * 32
PUBKEY_SCRIPT = bytes.fromhex(f"21{PUBKEY}ac")
STAKING = {"proof-of-work": 1, "proof-of-stake": 2}
UNASKED = replace(LITECOIN, reward=None)
"""A coin whose file leaves it to the daemon whether it stakes."""

Method = Callable[[list[object]], object]


def always(answer: object) -> Method:
    return lambda _params: answer


def refuse(code: int, text: str) -> Method:
    def answer(_params: list[object]) -> object:
        raise Refusal(code, text)

    return answer


def daemon_that(**changes: Method | None) -> dict[str, Method]:
    """A daemon that answers as it should, but for these methods; None: it does not know the method."""
    answers: dict[str, Method | None] = {
        "getblockchaininfo": always({"chain": "regtest", "blocks": 1, "bestblockhash": "aa" * 32}),
        "getdifficulty": always(1),
        "validateaddress": always({"isvalid": True}),
        "getblocktemplate": always(regtest_blocks()[0].answer),
        "submitblock": refuse(-1, "submitblock hexdata"),
        "getnetworkinfo": always({"protocolversion": 70017}),
        **changes,
    }
    return {name: answer for name, answer in answers.items() if answer is not None}


def pool_of(config: DaemonConfig, **fields: object) -> PoolConfig:
    return pool_config(config, ADDRESS, **fields)


def watch(client: Daemon, pool: PoolConfig) -> WatchedDaemon:
    return WatchedDaemon(client, pool, script_for(pool.address, REGTEST), lambda: None)


async def capabilities_of(answers: Mapping[str, Method], **fields: object) -> Capabilities:
    """What a scripted daemon is found to be able to do."""
    async with scripted_daemon(answers) as config, Daemon(config) as client:
        return await ask_capabilities(client, pool_of(config, **fields), script_for(ADDRESS, REGTEST))


async def test_a_litecoind_whose_coin_file_lacks_the_rules_gives_work(litecoind: Litecoind) -> None:
    async with litecoind.daemon() as client:
        coin = replace(LITECOIN, gbt_rules=())
        daemon = watch(client, pool_of(litecoind.config(), coin=coin))
        await daemon.look()
        template = await (await daemon.offer()).whole()

    assert daemon.state.state == "ok"
    assert daemon.capabilities is not None
    assert daemon.capabilities.rules == ("mweb", "segwit")
    assert daemon.capabilities.submit_call == SUBMITBLOCK
    assert not daemon.capabilities.proof_of_stake
    assert daemon.capabilities.protocol_version > 70000
    assert template.can_propose


async def test_a_daemon_that_takes_the_coin_files_rules_is_asked_with_them() -> None:
    assert (await capabilities_of(daemon_that())).rules == LITECOIN.gbt_rules


async def test_a_daemon_that_wants_rules_that_are_not_understood_is_refused_in_its_own_words() -> None:
    text = 'getblocktemplate must be called with (call with {"rules": ["signet", "segwit"]})'
    answers = daemon_that(getblocktemplate=refuse(-8, text))
    async with scripted_daemon(answers) as config, Daemon(config) as client:
        daemon = watch(client, pool_of(config))
        await daemon.look()

    assert daemon.state.state == "refused"
    assert "signet" in daemon.state.detail


async def test_a_daemon_from_before_submitblock_takes_blocks_by_getblocktemplate(tmp_path: Path) -> None:
    old = SimCoind(tmp_path / "old", family={"old-daemon"})
    await old.start()
    address = await old.call("getnewaddress")
    spare = (await old.call("getblock", (await old.generate(1, address))[0], False),)
    async with RelayDaemon(old.config()).serving() as relay, Daemon(relay.config) as client:
        daemon = watch(client, pool_config(relay.config, address))
        await daemon.look()
        assert daemon.state.state == "ok", daemon.state.detail
        assert daemon.capabilities is not None
        assert daemon.capabilities.submit_call == SUBMIT_BY_TEMPLATE
        relay.calls.clear()

        answers = await submit_block(PoolDaemons([daemon], 1), spare[0], lambda: None)

    assert [method for method, _ in relay.calls] == ["getblocktemplate"]
    assert relay.calls[0][1] == [{"mode": "submit", "data": spare[0]}]
    assert [(answer.text, answer.weight) for answer in answers] == [("duplicate", Weight.BESIDE)]
    await old.stop()


async def test_submitblock_may_succeed_without_a_block() -> None:
    capabilities = await capabilities_of(daemon_that(submitblock=always("rejected")))

    assert capabilities.submit_call == SUBMITBLOCK


async def test_a_staking_coins_public_key_comes_from_validateaddress() -> None:
    capabilities = await capabilities_of(
        daemon_that(
            getdifficulty=always(STAKING), validateaddress=always({"isvalid": True, "pubkey": PUBKEY})
        ),
        coin=UNASKED,
    )

    assert capabilities.proof_of_stake
    assert capabilities.reward_script == PUBKEY_SCRIPT


async def test_a_staking_coins_public_key_comes_from_getaddressinfo_otherwise() -> None:
    capabilities = await capabilities_of(
        daemon_that(getdifficulty=always(STAKING), getaddressinfo=always({"pubkey": PUBKEY})), coin=UNASKED
    )

    assert capabilities.proof_of_stake
    assert capabilities.reward_script == PUBKEY_SCRIPT


@pytest.mark.parametrize(
    "getaddressinfo",
    [None, always({}), always(None), always({"pubkey": "04" + "ab" * 64}), always({"pubkey": "zz" * 33})],
    ids=["unknown-method", "no-pubkey", "null", "uncompressed", "no-hex"],
)
async def test_without_its_public_key_a_staking_coins_daemon_is_refused(
    getaddressinfo: Method | None,
) -> None:
    answers = daemon_that(getdifficulty=always(STAKING), getaddressinfo=getaddressinfo)

    with pytest.raises(
        DaemonUnfit, match=r"does not tell the 33-byte public key .* its wallet must own the address"
    ):
        await capabilities_of(answers, coin=UNASKED)


async def test_a_simulated_staking_daemon_is_found_to_stake(tmp_path: Path) -> None:
    sim = SimCoind(tmp_path / "sim", family={"stake"})
    await sim.start()
    address = await sim.call("getnewaddress")
    await sim.generate(1, address)
    async with sim.daemon() as client:
        daemon = watch(client, pool_config(sim.config(), address, coin=UNASKED))
        await daemon.look()
    await sim.stop()

    assert daemon.state.state == "ok", daemon.state.detail
    assert daemon.capabilities is not None
    assert daemon.capabilities.proof_of_stake
    assert (len(daemon.capabilities.reward_script), daemon.capabilities.reward_script[-1]) == (35, 0xAC)


@pytest.mark.parametrize("getdifficulty", [always(1), always({"proof-of-work": 1}), None])
async def test_a_daemon_with_one_difficulty_does_not_stake(getdifficulty: Method | None) -> None:
    capabilities = await capabilities_of(daemon_that(getdifficulty=getdifficulty), coin=UNASKED)

    assert not capabilities.proof_of_stake
    assert capabilities.reward_script == script_for(ADDRESS, REGTEST)


async def test_the_coin_files_word_about_staking_is_the_last() -> None:
    staking = daemon_that(
        getdifficulty=always(STAKING), validateaddress=always({"isvalid": True, "pubkey": PUBKEY})
    )
    plain = daemon_that(validateaddress=always({"isvalid": True, "pubkey": PUBKEY}))

    assert not (await capabilities_of(staking, coin=replace(LITECOIN, reward="POW"))).proof_of_stake
    assert (await capabilities_of(plain, coin=replace(LITECOIN, reward="POS"))).proof_of_stake


@pytest.mark.parametrize(
    ("getnetworkinfo", "getinfo", "version"),
    [
        (always({"protocolversion": 70017}), always({"protocolversion": 60001}), 70017),
        (None, always({"protocolversion": 60001}), 60001),
        (refuse(-1, "not now"), always({"protocolversion": 60001}), 60001),
        (always({}), always({"protocolversion": 60001}), 60001),
        (always({"protocolversion": "new"}), None, DEFAULT_PROTOCOL_VERSION),
        (always({"protocolversion": None}), None, DEFAULT_PROTOCOL_VERSION),
        (None, None, DEFAULT_PROTOCOL_VERSION),
    ],
)
async def test_the_protocol_version_is_the_daemons_or_a_guess(
    getnetworkinfo: Method | None, getinfo: Method | None, version: int
) -> None:
    answers = daemon_that(getnetworkinfo=getnetworkinfo, getinfo=getinfo)

    assert (await capabilities_of(answers)).protocol_version == version


async def test_a_daemon_that_comes_back_as_another_version_is_asked_again() -> None:
    answers = daemon_that(getbestblockhash=always("aa" * 32), submitblock=None)
    async with scripted_daemon(answers) as config, Daemon(config) as client:
        daemon = watch(client, pool_of(config))
        assert daemon.acquaintance == 0
        await daemon.look()
        await daemon.look()
        assert daemon.acquaintance == 1
        assert daemon.capabilities is not None
        assert daemon.capabilities.submit_call == SUBMIT_BY_TEMPLATE

        answers["getbestblockhash"] = refuse(-28, "Loading block index")
        await daemon.look()
        assert (daemon.state.state, daemon.acquaintance) == ("warming-up", 1)
        answers["getbestblockhash"] = always("aa" * 32)
        answers["submitblock"] = refuse(-1, "submitblock hexdata")
        await daemon.look()

    assert (daemon.state.state, daemon.acquaintance) == ("ok", 2)
    assert daemon.capabilities.submit_call == SUBMITBLOCK
