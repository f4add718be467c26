"""How daemons of the families answer: old calls, keys of addresses, and templates that demand payments."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nompcore.address import decode_base58check, script_for
from simcoind.pubkey import is_pubkey, pubkey_hash
from tests.simcoind_families import FAMILIES, Bench

UNKNOWN = -32601
NEW_CALLS = (
    "getblockchaininfo",
    "getblockheader",
    "getnetworkinfo",
    "submitblock",
    "getaddressinfo",
    "signrawtransactionwithwallet",
)


async def code(bench: Bench, method: str, *params: object) -> int:
    """The code of a call's error, 0 without one."""
    error = (await bench.answer(method, *params))["error"]
    return error["code"] if error else 0


@pytest.mark.parametrize("method", NEW_CALLS)
async def test_an_old_daemon_does_not_know_new_calls(method: str) -> None:
    assert await code(Bench(FAMILIES["old daemon"]), method) == UNKNOWN
    assert await code(Bench(FAMILIES["plain"]), method) != UNKNOWN
    assert method not in await Bench(FAMILIES["old daemon"]).call("help")


@pytest.mark.parametrize("method", ["getinfo", "signrawtransaction"])
async def test_old_calls_are_known_to_old_daemons_and_to_those_with_stake(method: str) -> None:
    assert await code(Bench(FAMILIES["old daemon"]), method) != UNKNOWN
    assert await code(Bench(FAMILIES["stake"]), method) != UNKNOWN
    assert await code(Bench(FAMILIES["plain"]), method) == UNKNOWN


@pytest.mark.parametrize(("chain", "is_test"), [("main", False), ("test", True), ("regtest", False)])
async def test_getinfo_tells_the_test_network(chain: str, is_test: bool) -> None:
    bench = Bench(replace(FAMILIES["old daemon"], chain_name=chain))
    await bench.earn(payments=0)

    info = await bench.call("getinfo")

    assert (info["testnet"], info["blocks"], info["balance"]) == (is_test, 4, 100)


async def test_mode_submit_is_for_old_daemons_only() -> None:
    request = {"mode": "submit", "data": "00"}

    assert await code(Bench(FAMILIES["old daemon"]), "getblocktemplate", request) == -22
    assert await code(Bench(FAMILIES["plain"]), "getblocktemplate", request) == -8


async def test_an_old_daemon_tells_whose_an_address_is() -> None:
    bench = Bench(FAMILIES["old daemon"])
    address = await bench.call("getnewaddress", "rent")

    mine = await bench.call("validateaddress", address)
    foreign = await bench.call("validateaddress", "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn")

    assert mine == {
        "isvalid": True,
        "address": address,
        "ismine": True,
        "isscript": False,
        "account": "rent",
    }
    assert (foreign["isvalid"], foreign["ismine"]) == (True, False)


async def test_an_old_template_has_no_txids_and_no_rules() -> None:
    bench = Bench(FAMILIES["old daemon"])
    await bench.earn()

    template = await bench.template()

    assert template.keys().isdisjoint({"rules", "weightlimit", "vbavailable", "default_witness_commitment"})
    assert template["coinbaseaux"] == {"flags": "062f503253482f"}
    assert all(row.keys() == {"data", "hash", "depends", "fee", "sigops"} for row in template["transactions"])


@pytest.mark.parametrize("family", ["stake", "stake with segwit"])
@pytest.mark.parametrize("method", ["validateaddress", "getaddressinfo"])
async def test_with_stake_the_wallet_tells_the_key_of_its_address(family: str, method: str) -> None:
    bench = Bench(FAMILIES[family])
    address = await bench.call("getnewaddress", "", "legacy")

    told = await bench.call(method, address)

    key = bytes.fromhex(told["pubkey"])
    assert told["ismine"] is True
    assert is_pubkey(key)
    assert decode_base58check(address)[1] == pubkey_hash(key)


async def test_with_stake_a_foreign_address_has_no_key() -> None:
    bench = Bench(FAMILIES["stake"])

    told = await bench.call("validateaddress", "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn")

    assert (told["isvalid"], told["ismine"]) == (True, False)
    assert "pubkey" not in told
    assert await code(bench, "generatetoaddress", 1, told["address"]) == 0


async def test_with_stake_there_are_two_difficulties() -> None:
    assert (await Bench(FAMILIES["stake"]).call("getdifficulty")).keys() == {
        "proof-of-work",
        "proof-of-stake",
        "search-interval",
    }
    assert isinstance(await Bench(FAMILIES["plain"]).call("getdifficulty"), float)


async def template_of(family: str) -> dict[str, Any]:
    bench = Bench(FAMILIES[family])
    await bench.earn()
    return await bench.template()


def assert_rows(rows: list[dict[str, Any]], count: int) -> None:
    """Each row names its address, the script of it and an amount."""
    assert len(rows) == count
    for row in rows:
        assert script_for(row["payee"], FAMILIES["plain"].network).hex() == row["script"]
        assert row["amount"] > 0


async def test_the_template_of_dash() -> None:
    template = await template_of("dash")

    assert_rows(template["masternode"], 1)
    assert_rows(template["superblock"], 2)
    flags = ("masternode_payments_started", "masternode_payments_enforced", "superblocks_started")
    assert [template[name] for name in (*flags, "superblocks_enabled")] == [True] * 4
    assert len(bytes.fromhex(template["coinbase_payload"])) == 70


async def test_the_template_of_old_dash() -> None:
    template = await template_of("old dash")

    assert decode_base58check(template["payee"])[0] == 111
    assert template["payee_amount"] == 10 * 10**8
    assert template["masternode_payments"] is template["enforce_masternode_payments"] is True


async def test_the_template_of_a_founder_and_a_treasury() -> None:
    template = await template_of("founder and treasury")

    assert_rows([template["founder"], template["treasury"]], 2)


async def test_the_template_of_ecash() -> None:
    funds = (await template_of("ecash"))["coinbasetxn"]

    assert decode_base58check(funds["minerfund"]["addresses"][0])[0] == 196
    assert len(bytes.fromhex(funds["stakingrewards"]["payoutscript"]["hex"])) == 25
    assert [funds[name]["minimumvalue"] for name in ("minerfund", "stakingrewards")] == [4 * 10**8, 5 * 10**8]


async def test_the_template_of_mweb_ends_with_a_hogex() -> None:
    template = await template_of("mweb")

    *others, hogex = template["transactions"]
    assert len(others) == 2
    assert hogex["data"].startswith("020000000008")
    assert (hogex["txid"], hogex["fee"]) == (hogex["hash"], 0)
    assert "mweb" in template["rules"]
    assert template["mweb"][:2] == "82"


async def test_mweb_must_be_asked_for() -> None:
    answer = await Bench(FAMILIES["mweb"]).answer("getblocktemplate", {"rules": ["segwit"]})

    assert answer["error"] == {
        "code": -8,
        "message": "getblocktemplate must be called with the segwit & mweb rule sets"
        ' (call with {"rules": ["mweb", "segwit"]})',
    }


async def test_nobody_sends_a_hogex() -> None:
    bench = Bench(FAMILIES["mweb"])
    hogex = (await bench.template())["transactions"][-1]["data"]

    assert await code(bench, "sendrawtransaction", hogex) == -26
