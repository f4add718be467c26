"""A pool file names its coin by a file; what is wrong with that file is told with its name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.config_dir import COINS_DIR, POOL_FILE, ConfigDir, problems_of


@pytest.fixture
def coins(tmp_path: Path) -> Path:
    directory = tmp_path / "coins"
    directory.mkdir()
    (directory / "litecoin.json").write_bytes((COINS_DIR / "litecoin.json").read_bytes())
    return directory


def problems_with(tmp_path: Path, coins: Path, coin: str) -> list[str]:
    config = ConfigDir()
    config.put(POOL_FILE, "coin", value=coin)
    config.write(tmp_path)
    return problems_of(tmp_path, {}, coins)


def write_coin(coins: Path, **changes: Any) -> None:
    coin = {
        "name": "Testcoin",
        "symbol": "TST",
        "algorithm": "scrypt",
        "networks": {"main": {"pubkeyVersions": [0], "scriptVersions": [5]}},
    }
    (coins / "testcoin.json").write_text(json.dumps({**coin, **changes}))


def test_a_missing_coin_file_is_told_with_the_nearest_one(tmp_path: Path, coins: Path) -> None:
    assert problems_with(tmp_path, coins, "litecion.json") == [
        f'pool_configs/litecoin.json: coin: no file "litecion.json" in {coins}; did you mean "litecoin.json"?'
    ]


def test_a_missing_coin_file_unlike_any_is_told_with_all_there_are(tmp_path: Path, coins: Path) -> None:
    assert problems_with(tmp_path, coins, "zzz") == [
        f'pool_configs/litecoin.json: coin: no file "zzz" in {coins}; it has litecoin.json'
    ]


def test_an_empty_coins_directory_is_told(tmp_path: Path, coins: Path) -> None:
    (coins / "litecoin.json").unlink()
    assert problems_with(tmp_path, coins, "litecoin.json") == [
        f'pool_configs/litecoin.json: coin: no file "litecoin.json" in {coins}; it has no coins'
    ]


def test_a_coin_file_with_a_syntax_error_is_told_with_line_and_column(tmp_path: Path, coins: Path) -> None:
    (coins / "testcoin.json").write_text('{"name": }')
    assert problems_with(tmp_path, coins, "testcoin.json") == [
        'coins/testcoin.json: line 1, column 10: unexpected "}"'
    ]


def test_a_coin_file_with_an_unknown_key_is_told_with_its_name(tmp_path: Path, coins: Path) -> None:
    write_coin(coins, symbl="x")
    (line,) = problems_with(tmp_path, coins, "testcoin.json")
    assert line.startswith("coins/testcoin.json: symbl: unknown key")


def test_a_coin_without_the_network_asked_for_is_told_with_those_it_has(tmp_path: Path, coins: Path) -> None:
    write_coin(coins)
    assert problems_with(tmp_path, coins, "testcoin.json") == [
        'pool_configs/litecoin.json: network: Testcoin has no network "regtest", only main'
    ]


def test_numbers_of_a_coin_file_may_be_fractions(tmp_path: Path, coins: Path) -> None:
    regtest = {"pubkeyVersions": [111], "scriptVersions": [196], "bech32Prefix": "rltc"}
    write_coin(coins, mposDiffMultiplier=256.5, networks={"main": regtest, "regtest": regtest})
    assert problems_with(tmp_path, coins, "testcoin.json") == []
