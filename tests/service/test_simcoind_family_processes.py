"""Families as processes: started by their options, they take the blocks that their templates ask for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nompcore.address import script_for
from nompcore.errors import DaemonRefused
from simcoind.parameters import ChainParameters
from tests.servers import SimCoind
from tests.servers.simcoind import Family
from tests.simcoind_families import FAMILIES, demands_of, work_of


def coin_file(directory: Path, parameters: ChainParameters) -> Path:
    """A coin file for a family, in which the family itself is not told."""
    network = parameters.network
    section = {
        "pubkeyVersions": network.pubkey_versions,
        "scriptVersions": network.script_versions,
        **({"bech32Prefix": network.bech32_hrp} if network.bech32_hrp else {}),
    }
    coin = {"name": "Simcoin", "symbol": "SIM", "algorithm": "sha256", "blockHash": "sha256d"}
    rules = {"gbtRules": parameters.gbt_rules, "networks": {"main": section, "regtest": section}}
    file = directory / "coin.json"
    file.write_text(json.dumps(coin | rules))
    return file


FLAGS: dict[str, tuple[tuple[Family, ...], tuple[str, ...]]] = {
    "plain": ((), ()),
    "single sha256": (("coinbase-once",), ()),
    "stake": (("stake",), ()),
    "comments": (("comments",), ()),
    "dash": (("special-coinbase",), ("dash",)),
    "old dash": (("old-daemon",), ("olddash",)),
    "founder and treasury": ((), ("founder", "treasury")),
    "ecash": ((), ("ecash",)),
    "mweb": (("mweb",), ()),
    "old daemon": (("old-daemon",), ()),
}


@pytest.mark.parametrize("name", FLAGS)
async def test_a_family_takes_a_block_of_its_template(tmp_path: Path, name: str) -> None:
    parameters, (family, payees) = FAMILIES[name], FLAGS[name]
    coin = coin_file(tmp_path, parameters)
    server = SimCoind(tmp_path / "simcoind", coin=coin, family=family, payees=payees)
    await server.start()
    address = await server.create_wallet("pool")
    await server.generate(1, address)

    template = await server.call("getblocktemplate", {"rules": list(parameters.gbt_rules)})
    told = await server.call("validateaddress", address)
    key = told.get("pubkey")
    script = bytes.fromhex(f"21{key}ac") if key else script_for(address, parameters.network)
    work = work_of(template, parameters, script, demands_of(template, parameters.network))
    answer = await submitted(server, work.block(parameters.pow_hash).hex(), is_old="old-daemon" in family)

    assert answer is None
    assert await server.call("getblockcount") == 2
    coinbase = (await server.call("getblock", await server.call("getbestblockhash")))["tx"][0]
    assert (await server.call("gettransaction", coinbase))["details"][0]["category"] == "immature"

    await server.kill()
    await server.start()
    assert await server.call("getblockcount") == 2
    await server.stop()


async def submitted(server: SimCoind, block: str, *, is_old: bool) -> object:
    """The answer to a block."""
    if not is_old:
        return await server.call("submitblock", block)
    with pytest.raises(DaemonRefused, match="Method not found"):
        await server.call("submitblock", block)
    return await server.call("getblocktemplate", {"mode": "submit", "data": block})


async def test_options_that_no_coin_is_end_the_process(tmp_path: Path) -> None:
    family: tuple[Family, ...] = ("mweb",)
    server = SimCoind(tmp_path / "simcoind", coin=coin_file(tmp_path, FAMILIES["plain"]), family=family)

    with pytest.raises(AssertionError, match="--mweb needs"):
        await server.start()
