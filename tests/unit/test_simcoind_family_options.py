"""What the command line and the coin file make of the chain's family."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simcoind.options import build_parameters, parse_options
from simcoind.parameters import ChainParameters
from simcoind.wire_form import BITCOIN, WireForm

COIN = {
    "name": "Simcoin",
    "symbol": "SIM",
    "algorithm": "sha256",
    "networks": {"main": {"pubkeyVersions": [0], "scriptVersions": [5], "bech32Prefix": "sim"}},
}


def built(directory: Path, *options: str, **keys: Any) -> ChainParameters:
    """The chain of a coin file with more keys, and of options."""
    file = directory / "coin.json"
    file.write_text(json.dumps(COIN | keys))
    arguments = ["--port=0", "--rpcpassword=x", f"--coin={file}", "--network=main", *options]
    return build_parameters(parse_options(arguments))


@pytest.mark.parametrize(
    ("option", "keys", "form"),
    [
        ("--stake", {"reward": "POS"}, WireForm(has_time=True)),
        ("--comments", {"txMessages": True}, WireForm(has_comments=True)),
        ("--coinbase-once", {"coinbaseHash": "sha256"}, WireForm(hashes_coinbase_once=True)),
    ],
)
def test_the_option_and_the_coin_file_say_the_same(
    tmp_path: Path, option: str, keys: dict[str, Any], form: WireForm
) -> None:
    assert built(tmp_path, option).form == form
    assert built(tmp_path, **keys).form == form
    assert built(tmp_path).form == BITCOIN


def test_a_special_coinbase_and_an_extension_block_are_options_only(tmp_path: Path) -> None:
    assert built(tmp_path, "--special-coinbase").form == WireForm(has_payloads=True)
    assert built(tmp_path, "--mweb", gbtRules=["mweb", "segwit"]).form == WireForm(has_extension=True)


def test_payees_are_those_of_both_each_once(tmp_path: Path) -> None:
    parameters = built(tmp_path, "--payees=dash, founder", "--superblocks=7", payees=["founder", "devfee"])

    assert parameters.payees == ("dash", "founder", "devfee")
    assert parameters.superblock_interval == 7
    assert parameters.family == "dash founder devfee"


def test_an_old_daemon_knows_no_segregated_witness(tmp_path: Path) -> None:
    old, new = (built(tmp_path, *flags, gbtRules=["segwit"]) for flags in (("--old-daemon",), ()))

    assert (old.is_old, old.has_segwit, old.network.bech32_hrp) == (True, False, None)
    assert (new.is_old, new.has_segwit, new.network.bech32_hrp) == (False, True, "sim")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--mweb",), "needs segregated witness"),
        (("--special-coinbase", "--comments"), "not with both"),
        (("--superblocks=0",), "1 or more"),
        (("--payees=dash,olddash,ecash,a,b,c,d,e,f",), "leave nothing"),
    ],
)
def test_what_no_coin_is_is_refused(tmp_path: Path, options: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        built(tmp_path, *options)


@pytest.mark.parametrize("flag", ["--stake", "--old-daemon"])
def test_an_extension_block_goes_with_neither_stake_nor_an_old_daemon(tmp_path: Path, flag: str) -> None:
    with pytest.raises(ValueError, match="--mweb needs"):
        built(tmp_path, "--mweb", flag, gbtRules=["mweb", "segwit"])
