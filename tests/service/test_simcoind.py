"""The simulated daemon as a process, over HTTP: mining, paying, reorganisations, faults, kill -9."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import psutil
import pytest

from nompcore.errors import DaemonRefused, DaemonUnreachable, DaemonWarmingUp
from nompcore.hashing import pow_hash
from simcoind.transaction import parse_transaction
from tests.block_mutations import block_of, solved
from tests.servers import SimCoind, wait_until
from tests.simcoind_chain import FOREIGN

RULES = {"rules": ["mweb", "segwit"]}
FOREIGN_ADDRESS = "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn"
POOL = "pool"


@pytest.fixture
async def simcoind(tmp_path: Path) -> AsyncIterator[SimCoind]:
    """A daemon whose coinbases mature after five blocks."""
    server = SimCoind(tmp_path / "simcoind", options=("--maturity=5",))
    await server.start()
    yield server
    await server.stop()


async def refusal(
    server: SimCoind, method: str, *params: object, wallet: str | None = None
) -> tuple[int, str]:
    """Code and text of the error of a call."""
    with pytest.raises(DaemonRefused) as caught:
        await server.call(method, *params, wallet=wallet)
    return caught.value.code, caught.value.text


async def signed_payment(server: SimCoind, amount: str = "1.5") -> tuple[str, str]:
    """A payment by the raw path, not sent: hex and txid."""
    draft = await server.call("createrawtransaction", [], {FOREIGN_ADDRESS: amount})
    funded = await server.call("fundrawtransaction", draft, {"lockUnspents": True})
    signed = await server.call("signrawtransactionwithwallet", funded["hex"])
    assert signed["complete"] is True
    decoded = await server.call("decoderawtransaction", signed["hex"])
    return signed["hex"], decoded["txid"]


async def mined_block(server: SimCoind, extranonce: int = 0) -> str:
    """A block made from the daemon's template, as hex."""
    template = await server.call("getblocktemplate", RULES)
    return solved(block_of(template, FOREIGN, extranonce), pow_hash("scrypt")).serialize().hex()


async def test_a_new_chain_hands_out_work_at_once(simcoind: SimCoind) -> None:
    template = await simcoind.call("getblocktemplate", RULES)

    assert (template["height"], template["coinbasevalue"]) == (1, 50 * 10**8)
    assert await simcoind.call("submitblock", await mined_block(simcoind)) is None
    assert await simcoind.call("getblockcount") == 1


async def test_a_daemon_that_wants_a_fresh_tip_waits_for_one(tmp_path: Path) -> None:
    server = SimCoind(tmp_path / "simcoind", options=("--maxtipage=86400",))
    await server.start()

    with pytest.raises(DaemonWarmingUp):
        await server.call("getblocktemplate", RULES)
    assert (await server.call("getblockchaininfo"))["initialblockdownload"] is True
    await server.generate(1, FOREIGN_ADDRESS)

    assert (await server.call("getblocktemplate", RULES))["height"] == 2
    await server.stop()


async def test_a_reward_matures_and_is_paid_out_by_the_raw_path(simcoind: SimCoind) -> None:
    address = await simcoind.create_wallet(POOL)
    (first, *_) = await simcoind.generate(5, address)
    coinbase = (await simcoind.call("getblock", first))["tx"][0]
    immature = await simcoind.call("gettransaction", coinbase)
    assert (immature["confirmations"], immature["details"][0]["category"]) == (5, "immature")
    assert (await refusal(simcoind, "sendtoaddress", FOREIGN_ADDRESS, 1))[0] == -6

    await simcoind.generate(1, FOREIGN_ADDRESS)
    mature = await simcoind.call("gettransaction", coinbase)
    assert (mature["confirmations"], mature["details"][0]["category"]) == (6, "generate")
    assert mature["amount"] == Decimal(50)

    raw, txid = await signed_payment(simcoind)
    assert (await refusal(simcoind, "gettransaction", txid))[0] == -5
    assert await simcoind.call("sendrawtransaction", raw) == txid
    assert await simcoind.call("sendrawtransaction", raw) == txid
    await simcoind.generate(1, FOREIGN_ADDRESS)

    assert await refusal(simcoind, "sendrawtransaction", raw) == (-27, "Transaction already in block chain")
    paid = await simcoind.call("gettransaction", txid)
    assert (paid["confirmations"], paid["amount"]) == (1, Decimal("-1.5"))
    assert [row["category"] for row in paid["details"]] == ["send"]


async def test_a_rival_of_a_payment_is_refused_before_and_after_it_is_mined(
    simcoind: SimCoind,
) -> None:
    await simcoind.generate(6, await simcoind.create_wallet(POOL))
    raw, txid = await signed_payment(simcoind)
    spent = (await simcoind.call("decoderawtransaction", raw))["vin"][0]
    inputs = [{"txid": spent["txid"], "vout": spent["vout"]}]
    draft = await simcoind.call("createrawtransaction", inputs, {FOREIGN_ADDRESS: "49.999"})
    rival = (await simcoind.call("signrawtransactionwithwallet", draft))["hex"]
    await simcoind.call("sendrawtransaction", raw)

    assert await refusal(simcoind, "sendrawtransaction", rival) == (-26, "txn-mempool-conflict")
    await simcoind.generate(1, FOREIGN_ADDRESS)
    assert await refusal(simcoind, "sendrawtransaction", rival) == (-25, "bad-txns-inputs-missingorspent")
    assert (await simcoind.call("gettransaction", txid))["confirmations"] == 1


async def test_a_reorganisation_orphans_a_reward_and_returns_a_payment(simcoind: SimCoind) -> None:
    address = await simcoind.create_wallet(POOL)
    await simcoind.generate(6, address)
    txid = await simcoind.call("sendtoaddress", FOREIGN_ADDRESS, "2", "intent-7")
    (lost,) = await simcoind.generate(1, address)
    coinbase = (await simcoind.call("getblock", lost))["tx"][0]

    new_blocks = await simcoind.call("sim_reorg", 1)

    assert len(new_blocks) == 2
    assert await simcoind.call("getbestblockhash") == new_blocks[-1]
    orphan = await simcoind.call("gettransaction", coinbase)
    assert (orphan["confirmations"], orphan["details"][0]["category"]) == (0, "orphan")
    assert "blockhash" not in orphan
    assert (await simcoind.call("getblock", lost))["confirmations"] == -1
    payment = await simcoind.call("gettransaction", txid)
    assert (payment["confirmations"], payment["comment"]) == (0, "intent-7")
    assert await simcoind.call("getrawmempool") == [txid]


async def test_a_long_poll_ends_with_the_next_block_and_with_another_difficulty(simcoind: SimCoind) -> None:
    await simcoind.generate(1, FOREIGN_ADDRESS)
    template = await simcoind.call("getblocktemplate", RULES)
    poll = RULES | {"longpollid": template["longpollid"]}

    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(simcoind.call("getblocktemplate", poll))
        (block,) = await simcoind.generate(1, FOREIGN_ADDRESS)
    assert waiting.result()["previousblockhash"] == block

    poll = RULES | {"longpollid": waiting.result()["longpollid"]}
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(simcoind.call("getblocktemplate", poll))
        nbits = await simcoind.call("sim_setdifficulty", 1)
    assert waiting.result()["bits"] == nbits == "1d00ffff"


async def test_a_long_poll_whose_client_hung_up_is_given_up(simcoind: SimCoind) -> None:
    await simcoind.generate(1, FOREIGN_ADDRESS)
    template = await simcoind.call("getblocktemplate", RULES)

    async with simcoind.daemon() as daemon:
        with pytest.raises(DaemonUnreachable, match="no answer"):
            await daemon.call(
                "getblocktemplate", RULES | {"longpollid": template["longpollid"]}, timeout_seconds=0.2
            )

    await wait_until(lambda: not half_closed(simcoind.port), what="the connection ends on both sides")


def half_closed(port: int) -> list[object]:
    """Connections of a server that the client has left."""
    return [
        row
        for row in psutil.net_connections("tcp")
        if row.laddr and row.laddr.port == port and row.status == psutil.CONN_CLOSE_WAIT
    ]


async def test_transactions_with_witnesses_can_be_put_into_the_mempool(simcoind: SimCoind) -> None:
    await simcoind.generate(6, await simcoind.create_wallet(POOL))

    txids = await simcoind.call("sim_addtransactions", 4)

    rows = (await simcoind.call("getblocktemplate", RULES))["transactions"]
    assert [row["txid"] for row in rows] == txids
    assert all(parse_transaction(bytes.fromhex(row["data"])).has_witness for row in rows)
    assert rows[1]["depends"] == [1]
    assert await simcoind.call("submitblock", await mined_block(simcoind)) is None
    assert await simcoind.call("getrawmempool") == []


async def test_each_wallet_has_its_own_money(simcoind: SimCoind) -> None:
    first, second = await simcoind.create_wallet("first"), await simcoind.create_wallet("second")
    await simcoind.generate(6, first)

    await simcoind.call("sendtoaddress", second, 3, wallet="first")

    received = await simcoind.call("getbalances", wallet="second")
    assert received["mine"]["untrusted_pending"] == 3
    assert (await simcoind.call("getaddressinfo", second, wallet="first"))["ismine"] is False
    assert (await refusal(simcoind, "getbalance"))[0] == -19
    assert (await refusal(simcoind, "getbalance", wallet="third"))[0] == -18
    assert await simcoind.call("listwallets") == ["first", "second"]


async def test_nothing_that_was_answered_is_forgotten_by_kill_9(simcoind: SimCoind) -> None:
    address = await simcoind.create_wallet(POOL)
    await simcoind.generate(7, address)
    raw, txid = await signed_payment(simcoind)
    sent = await simcoind.call("sendtoaddress", FOREIGN_ADDRESS, "0.5", "intent-8")
    tip, balance = await simcoind.call("getbestblockhash"), await simcoind.call("getbalance")

    await simcoind.kill()
    await simcoind.start()

    assert await simcoind.call("getbestblockhash") == tip
    assert await simcoind.call("getbalance") == balance
    assert await simcoind.call("getrawmempool") == [sent]
    assert (await simcoind.call("gettransaction", sent))["comment"] == "intent-8"
    assert await simcoind.call("listlockunspent") == []
    assert (await simcoind.call("getaddressinfo", address))["ismine"] is True
    assert await simcoind.call("sendrawtransaction", raw) == txid
    await simcoind.generate(1, address)
    assert await simcoind.call("getrawmempool") == []


async def test_each_new_tip_is_told_to_the_command(tmp_path: Path) -> None:
    tips = tmp_path / "tips"
    server = SimCoind(tmp_path / "simcoind", options=(f"--blocknotify=echo %s >> {tips}",))
    await server.start()

    hashes = await server.generate(3, FOREIGN_ADDRESS)
    await wait_until(lambda: tips.exists() and tips.read_text().split() == hashes, what="three tips")

    await server.stop()


async def test_stop_ends_the_process(simcoind: SimCoind) -> None:
    assert await simcoind.call("stop") == "simcoind stopping"

    await wait_until(lambda: not simcoind.running, what="simcoind ends")


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("sim_setfault", [{"kind": "earthquake"}]),
        ("sim_setfault", [{"kind": "slow", "seconds": -1}]),
        ("sim_setfault", [{"kind": "drop", "count": 0}]),
        ("sim_setfault", [{"kind": "drop", "methods": "submitblock"}]),
        ("sim_setdifficulty", ["x"]),
        ("sim_setdifficulty", [0]),
        ("sim_setnbits", ["ff123456"]),
        ("sim_reorg", [0]),
        ("sim_reorg", [1]),
        ("sim_addtransactions", [0]),
    ],
)
async def test_control_calls_refuse_nonsense(simcoind: SimCoind, method: str, params: list[object]) -> None:
    assert (await refusal(simcoind, method, *params))[0] == -8


async def test_a_cookie_lets_local_programs_in(tmp_path: Path) -> None:
    server = SimCoind(tmp_path / "simcoind", cookie=True)
    await server.start()

    assert server.cookie_file.stat().st_mode & 0o777 == 0o600
    assert await server.call("getblockcount") == 0

    await server.stop()


async def test_another_coin_has_its_own_rules_and_addresses(tmp_path: Path) -> None:
    server = SimCoind(tmp_path / "simcoind", coin="bitcoin.json")
    await server.start()
    address = await server.create_wallet(POOL)
    await server.generate(1, address)

    assert address.startswith("bcrt1")
    template = await server.call("getblocktemplate", {"rules": ["segwit"]})
    block = solved(block_of(template, FOREIGN), pow_hash("sha256"))
    assert await server.call("submitblock", block.serialize().hex()) is None
    code, text = await refusal(server, "getblocktemplate", {"rules": []})
    assert code == -8
    assert json.loads(text[text.index("{") : text.rindex("}") + 1]) == {"rules": ["segwit"]}

    await server.stop()
