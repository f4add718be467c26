from __future__ import annotations

from typing import Any

import pytest

from nompcore.address import NetworkParams
from nompcore.coin import parse_coin
from nompcore.errors import CoinError
from nompcore.hashing import pow_hash, sha256, sha256d
from nompcore.scrypt_pow import scrypt_hash
from tests.unit.chain_samples import coin, coin_data

HEADER = bytes(range(80))
MINIMAL: dict[str, Any] = {
    "name": "Testcoin",
    "symbol": "TST",
    "algorithm": "sha256",
    "networks": {"main": {"pubkeyVersions": [0], "scriptVersions": [5]}},
}


def with_key(key: str, value: Any) -> dict[str, Any]:
    return {**MINIMAL, key: value}


def test_litecoin_is_what_its_file_says() -> None:
    litecoin = coin("litecoin.json")

    assert (litecoin.name, litecoin.symbol, litecoin.algorithm) == ("Litecoin", "LTC", "scrypt")
    assert litecoin.multiplier == 65536
    assert litecoin.gbt_rules == ("mweb", "segwit")
    assert litecoin.networks["main"] == NetworkParams((48,), (50, 5), "ltc")
    assert litecoin.networks["regtest"] == NetworkParams((111,), (58, 196), "rltc")
    assert litecoin.peer_magics["main"] == bytes.fromhex("fbc0b6db")
    assert litecoin.peer_magics["regtest"] == bytes.fromhex("fabfb5da")


def test_bitcoin_cash_has_a_prefix_of_its_own_on_every_network() -> None:
    networks = coin("bitcoincash.json").networks

    assert networks["main"] == NetworkParams((0,), (5,), None, "bitcoincash")
    assert networks["test"].cashaddr_prefix == "bchtest"
    assert networks["regtest"].cashaddr_prefix == "bchreg"


def test_what_a_coin_file_leaves_out_is_bitcoins_way() -> None:
    minimal = parse_coin("minimal.json", MINIMAL)

    assert minimal.confirmations == 100
    assert minimal.decimals == 8
    assert minimal.gbt_rules == ()
    assert minimal.tx_messages is False
    assert minimal.mpos_diff_multiplier == 1
    assert minimal.peer_magics == {}
    assert minimal.explorer is None
    assert set(minimal.networks) == {"main"}
    assert minimal.networks["main"].bech32_hrp is None
    assert minimal.networks["main"].cashaddr_prefix is None
    assert minimal.hash_coinbase(b"coinbase") == sha256d(b"coinbase")


def test_every_key_of_nomp_for_these_algorithms_is_taken() -> None:
    full = parse_coin(
        "full.json",
        {
            **MINIMAL,
            "algorithm": "scrypt",
            "nValue": 2048,
            "rValue": 1,
            "reward": "POW",
            "txMessages": True,
            "hasGetInfo": True,
            "normalHashing": True,
            "mposDiffMultiplier": 0.5,
            "peerMagic": "FBC0B6DB",
            "peerMagicTestnet": "fcc1b7dc",
        },
    )

    assert full.tx_messages
    assert full.has_get_info
    assert full.mpos_diff_multiplier == 0.5
    assert full.peer_magics == {"main": bytes.fromhex("fbc0b6db"), "test": bytes.fromhex("fcc1b7dc")}
    assert full.pow_hash(HEADER).hex() == "67bc1237b713ec9858c9975a3a1056a0609c01587139a730bb17397fd7f3a382"


def test_a_coin_may_hash_its_coinbase_once() -> None:
    once = parse_coin("once.json", with_key("coinbaseHash", "sha256"))

    assert once.hash_coinbase(b"coinbase") == sha256(b"coinbase")


def test_the_block_id_is_of_the_header_unless_the_file_says_proof_of_work() -> None:
    litecoin = coin("litecoin.json")
    by_work = parse_coin("work.json", {**coin_data("litecoin.json"), "blockHash": "pow"})
    digest = litecoin.pow_hash(HEADER)

    assert litecoin.block_id(HEADER, digest) == sha256d(HEADER)
    assert by_work.block_id(HEADER, digest) == digest


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("algoritm", "x", "algoritm: unknown key, the nearest known one is algorithm"),
        ("peermagic", "x", "peermagic: unknown key, the nearest known one is peerMagic"),
        ("nMin", 4, "chainStartTime, nMin and nMax belong to scrypt-jane"),
        ("timeTable", {}, "timeTable belongs to scrypt-n"),
        ("algorithm", "sha265", "did you mean 'sha256'"),
        ("reward", "POA", "reward: input should be 'POW' or 'POS'"),
        ("nValue", 2048, "nValue and rValue belong to scrypt"),
        ("txMessages", "yes", "txMessages: input should be a valid boolean"),
        ("mposDiffMultiplier", 0, "mposDiffMultiplier: "),
        ("confirmations", 0, "confirmations: "),
        ("confirmations", "100", "confirmations: "),
        ("peerMagic", "fbc0b6", "peerMagic: "),
        ("coinbaseHash", "md5", "coinbaseHash: "),
        ("blockHash", "scrypt", "blockHash: "),
        ("networks", {}, "networks.main: missing"),
        (
            "networks",
            {"main": {"pubkeyVersions": [], "scriptVersions": [5]}},
            "networks.main.pubkeyVersions: ",
        ),
        (
            "networks",
            {"main": {"pubkeyVersions": [256], "scriptVersions": [5]}},
            r"networks.main.pubkeyVersions.0: ",
        ),
        (
            "networks",
            {"main": {"pubkeyVersions": [0], "scriptVersions": [5], "bech32": "bc"}},
            "networks.main.bech32: unknown key, the nearest known one is bech32Prefix",
        ),
        (
            "networks",
            {"main": {"pubkeyVersions": [0], "scriptVersions": [5], "cashaddrPrefix": "ecash:"}},
            "networks.main.cashaddrPrefix: ",
        ),
        (
            "networks",
            {"main": {"pubkeyVersions": [0], "scriptVersions": [5], "examples": ["ecash:q"]}},
            "networks.main.examples: ecash:q: .*legacy form",
        ),
        (
            "networks",
            {**MINIMAL["networks"], "regnet": {}},
            "networks.regnet: unknown key, the nearest known one is regtest",
        ),
        (
            "explorer",
            {"block": "javascript:alert({hash})", "tx": "https://a/{txid}", "address": "https://a/{address}"},
            "explorer.block: ",
        ),
        (
            "explorer",
            {"block": "https://a/b", "tx": "https://a/{txid}", "address": "https://a/{address}"},
            "explorer.block: ",
        ),
    ],
)
def test_a_bad_key_is_named_with_what_is_wrong(key: str, value: Any, complaint: str) -> None:
    with pytest.raises(CoinError, match=f"bad.json: .*{complaint}"):
        parse_coin("bad.json", with_key(key, value))


def test_every_problem_of_a_file_is_named_at_once() -> None:
    with pytest.raises(CoinError) as caught:
        parse_coin("bad.json", {"name": "", "algoritm": "scrypt"})

    for key in ("name", "symbol", "algorithm", "networks", "algoritm"):
        assert key in str(caught.value)


def test_two_keys_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(CoinError, match="normalHashing"):
        parse_coin("bad.json", {**MINIMAL, "normalHashing": True, "coinbaseHash": "sha256"})


def test_the_explorer_makes_links() -> None:
    explorer = coin("bitcoin.json").explorer
    assert explorer is not None

    assert explorer.block_url("00ab") == "https://mempool.space/block/00ab"
    assert explorer.tx_url("00cd") == "https://mempool.space/tx/00cd"
    assert explorer.address_url("1abc") == "https://mempool.space/address/1abc"


def test_a_coin_does_not_print_its_hash_function() -> None:
    assert "function" not in repr(coin("litecoin.json"))


def test_a_coin_file_says_since_when_n_is_what() -> None:
    table = {"64": 0, "128": 1195787588, "256": 1195787589}  # the middle one is the time of HEADER
    coin_of_two_times = parse_coin("n.json", {**MINIMAL, "algorithm": "scrypt-n", "timeTable": table})

    assert coin_of_two_times.pow_hash(HEADER) == pow_hash("scrypt", 128)(HEADER)
    assert coin_of_two_times.hashes_slowly
    assert coin_of_two_times.library_algorithm == ""


def test_a_table_of_n_without_sense_is_told_with_the_file() -> None:
    with pytest.raises(CoinError, match=r"n\.json: timeTable: N is a power of two"):
        parse_coin("n.json", {**MINIMAL, "algorithm": "scrypt-n", "timeTable": {"100": 0}})


def test_scrypt_og_is_hashed_with_its_own_n_or_the_files() -> None:
    assert parse_coin("og.json", with_key("algorithm", "scrypt-og")).pow_hash(HEADER) == scrypt_hash(
        HEADER, 64
    )
    other = parse_coin("og.json", {**MINIMAL, "algorithm": "scrypt-og", "nValue": 128})
    assert other.pow_hash(HEADER) == scrypt_hash(HEADER, 128)
