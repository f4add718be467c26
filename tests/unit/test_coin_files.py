from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import json5
import pytest

import powhash
from nompcore.address import NetworkParams, address_for, decode_base58check, script_for
from nompcore.algorithms import MULTIPLIERS
from nompcore.coin import parse_coin
from nompcore.coin_file import CoinFile, read_coin_file
from nompcore.errors import CoinError
from nompcore.hashing import pow_hash, self_test, sha256d
from nompcore.target import target_from_nbits
from tests.unit.chain_samples import COIN_FILES, ROOT, coin, coin_data, vectors

FILES: dict[str, CoinFile] = {
    path.stem: read_coin_file(path.name, json5.loads(path.read_text())) for path in COIN_FILES
}
WITHOUT_LIBRARY = {"sha256", "scrypt", "scrypt-og", "scrypt-n"}
MINED = {stem for stem, file in FILES.items() if powhash.ALGORITHMS or file.algorithm in WITHOUT_LIBRARY}
NO_COIN = {
    "scrypt-og": "no chain parameters of a coin that used it could be found",
    "lyra2re": "Vertcoin left it in 2015, and its file is of the algorithm that followed",
    "hefty1": "no chain hashes as NOMP does; those of its time are heavy",
    "blake2s": "no coin file of it is written yet",
    "yespower": "nor of this",
    "yespowerR16": "nor of this",
    "yespowerSUGAR": "nor of this",
    "yespowerTIDE": "nor of this",
    "yescryptR8": "BitZeny left it",
    "yescryptR16": "Yenten left it in 2019",
}
BEGAN_OTHERWISE = {
    "vertcoin": "scrypt-n",
    "monacoin": "scrypt",
    "feathercoin": "scrypt",
    "ufocoin": "scrypt",
    "phoenixcoin": "scrypt",
}
"""Coins that had another algorithm at their first block."""
OTHER_CHECKSUM = {"blakecoin", "fuguecoin", "maxcoin", "mjollnircoin"}  # no address of theirs decodes
GENESIS: list[dict[str, Any]] = vectors("genesis.json")["headers"]

each_file = pytest.mark.parametrize("path", COIN_FILES, ids=lambda path: path.stem)
each_genesis = pytest.mark.parametrize("row", GENESIS, ids=lambda row: row["coin"])


def test_more_than_forty_coins_are_shipped() -> None:
    assert len(COIN_FILES) >= 42


@each_file
def test_the_name_of_a_file_is_lower_case(path: Path) -> None:
    assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", path.stem)


@pytest.mark.parametrize("stem", sorted(MINED))
def test_coins_of_the_algorithms_that_are_mined_can_be_mined(stem: str) -> None:
    mined = coin(f"{stem}.json")

    self_test(mined.algorithm)
    assert len(mined.pow_hash(bytes(range(80)))) == 32
    assert "main" in mined.networks


@pytest.mark.parametrize(
    "stem", sorted(stem for stem, file in FILES.items() if file.algorithm not in WITHOUT_LIBRARY)
)
def test_without_the_hash_library_the_others_are_refused_with_the_way_to_get_it(
    stem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(powhash, "ALGORITHMS", {})

    with pytest.raises(CoinError, match=f"{stem}: algorithm .* needs the hash library, .*`make powhash`"):
        parse_coin(stem, coin_data(f"{stem}.json"))


def test_every_known_algorithm_has_a_coin() -> None:
    used = {file.algorithm for file in FILES.values()}

    assert set(MULTIPLIERS) - used == set(NO_COIN)


def test_no_coin_is_shipped_twice() -> None:
    names = Counter(file.name.lower() for file in FILES.values())
    chains = Counter((file.symbol, file.algorithm) for file in FILES.values())

    assert [name for name, count in names.items() if count > 1] == []
    assert [chain for chain, count in chains.items() if count > 1] == []


@each_file
def test_the_networks_of_a_coin_have_magics_of_their_own(path: Path) -> None:
    file = FILES[path.stem]

    assert file.peer_magics["main"] not in (file.peer_magics.get("test"), file.peer_magics.get("regtest"))
    assert set(file.peer_magics) <= {name for name, _ in file.networks.items()}


@each_file
def test_an_explorer_is_reached_over_tls(path: Path) -> None:
    explorer = FILES[path.stem].explorer

    if explorer is not None:
        assert explorer.block.startswith("https://")
        assert explorer.tx.startswith("https://")
        assert explorer.address.startswith("https://")


def test_every_coin_shows_an_address_of_its_main_network() -> None:
    assert {stem for stem, file in FILES.items() if not file.networks.main.examples} == OTHER_CHECKSUM


@pytest.mark.parametrize(
    ("stem", "network", "example"),
    [
        (stem, network, example)
        for stem, file in FILES.items()
        for network, section in file.networks.items()
        for example in section.examples
    ],
)
def test_an_example_is_written_as_it_was_read(stem: str, network: str, example: str) -> None:
    params = dict(FILES[stem].networks.items())[network].params
    script = script_for(example, params)
    written = address_for(script, params)

    assert script_for(written, params) == script
    assert written == example or is_of_another_version(example, params)


def is_of_another_version(example: str, params: NetworkParams) -> bool:
    """Whether it is a base58 address whose version byte is accepted and not the first of its kind."""
    version, _ = decode_base58check(example)
    return version in params.pubkey_versions[1:] + params.script_versions[1:]


@each_genesis
def test_a_first_block_has_the_id_that_the_coin_file_says(row: dict[str, Any]) -> None:
    file = FILES[row["coin"]]
    block_id = bytes.fromhex(row["block_id"])[::-1]

    if file.block_id_is_pow:
        assert int.from_bytes(block_id, "little") <= target_from_nbits(int(row["nbits"], 16))
    if not file.block_id_is_pow or file.algorithm == "sha256":
        assert sha256d(genesis_header(row)) == block_id


@pytest.mark.parametrize("row", [row for row in GENESIS if row["coin"] in MINED], ids=lambda row: row["coin"])
def test_a_first_block_was_mined_as_the_coin_mines(row: dict[str, Any]) -> None:
    mined = coin(f"{row['coin']}.json")
    header = genesis_header(row)
    algorithm = BEGAN_OTHERWISE.get(row["coin"])
    digest = pow_hash(algorithm)(header) if algorithm else mined.pow_hash(header)

    assert int.from_bytes(digest, "little") <= target_from_nbits(int(row["nbits"], 16))
    assert mined.block_id(header, digest) == bytes.fromhex(row["block_id"])[::-1]


def test_first_blocks_of_three_dozen_coins_are_checked() -> None:
    assert len(GENESIS) >= 36


def genesis_header(row: dict[str, Any]) -> bytes:
    """The 80 bytes of a block without a previous one."""
    numbers: list[int] = [row["version"], row["ntime"], int(row["nbits"], 16), row["nonce"]]
    version, *rest = (number.to_bytes(4, "little") for number in numbers)
    return b"".join((version, bytes(32), bytes.fromhex(row["merkle_root"])[::-1], *rest))


def test_the_table_of_the_documentation_is_the_directory() -> None:
    table = (ROOT / "docs" / "coins.md").read_text().partition("## The coins")[2].partition("## ")[0]
    rows = re.findall(r"^\| `([a-z0-9-]+)` \|(.*)\|$", table, re.MULTILINE)
    told = {stem: tuple(cell.strip() for cell in cells.split("|")) for stem, cells in rows}

    assert told == {stem: table_row(file) for stem, file in FILES.items()}


def table_row(file: CoinFile) -> tuple[str, ...]:
    """What the table says of a file, after its name."""
    networks = ", ".join(name for name, _ in file.networks.items())
    return file.name, file.symbol, f"`{file.algorithm}`", networks


def test_the_documentation_says_how_each_algorithm_counts_difficulty() -> None:
    text = (ROOT / "docs" / "coins.md").read_text().partition("## The algorithms")[2].partition("## ")[0]
    rows = re.findall(r"^\| ([0-9]+) \| (.*) \|$", text, re.MULTILINE)
    told = {name: int(multiplier) for multiplier, cell in rows for name in re.findall("`([^`]+)`", cell)}

    assert told == MULTIPLIERS
