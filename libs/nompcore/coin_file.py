"""What a coin file may say, checked as a whole. Coins are data: no code differs from coin to coin.

The keys are NOMP's (spec 7.2) and some of our own, which NOMP ignored or guessed; see docs/coins.md.
A file is right or wrong whatever this version mines: `nompcore.coin` makes a `Coin` of it where it can.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from nompcore.address import NetworkParams, script_for
from nompcore.algorithms import SCRYPT, SCRYPT_JANE, SCRYPT_N, SCRYPT_OG, require_known
from nompcore.errors import AddressError, CoinError

CoinbaseHash = Literal["sha256d", "sha256"]
BlockHash = Literal["sha256d", "pow"]
Reward = Literal["POW", "POS"]

NETWORKS = ("main", "test", "regtest")

BITCOIN_MAGIC = "Bitcoin Signed Message:\n"

_COINBASE_HASHED_ONCE = ("keccak", "fugue", "groestl")
"""Algorithms whose coins hash the coinbase with one SHA-256 unless their file says otherwise (spec 2.4)."""

_ID_IS_HEADER_HASH = ("scrypt", "scrypt-og", "scrypt-n", "scrypt-jane", "blake", "neoscrypt")
"""Algorithms whose blocks are named by the double SHA-256 of the header (spec 2.7), but for the next two."""

_ID_IS_POW_WITH_STAKE = ("scrypt", "scrypt-jane")


class _Section(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True, frozen=True)


_VersionByte = Annotated[int, Field(ge=0, le=255)]
_Magic = Annotated[str, Field(pattern="^[0-9a-fA-F]{8}$")]
_Prefix = Annotated[str, Field(pattern="^[a-z0-9]{1,20}$")]
_HTTP = r"^https?://[^\s\"'<>]*"


class NetworkSection(_Section):
    """How addresses of one network begin, and some that must decode."""

    pubkey_versions: Annotated[list[_VersionByte], Field(min_length=1)]
    script_versions: list[_VersionByte]  # empty where paying to a script hash is no longer allowed
    bech32_prefix: _Prefix | None = None
    cashaddr_prefix: Annotated[str, Field(pattern="^[a-z]{1,20}$")] | None = None
    examples: list[str] = []

    @property
    def params(self) -> NetworkParams:
        """The part that decodes addresses."""
        return NetworkParams(
            pubkey_versions=tuple(self.pubkey_versions),
            script_versions=tuple(self.script_versions),
            bech32_hrp=self.bech32_prefix,
            cashaddr_prefix=self.cashaddr_prefix,
        )


class NetworksSection(_Section):
    """The networks of a coin."""

    main: NetworkSection
    test: NetworkSection | None = None
    regtest: NetworkSection | None = None

    def items(self) -> Iterator[tuple[str, NetworkSection]]:
        """Those that the file has."""
        for name in NETWORKS:
            section: NetworkSection | None = getattr(self, name)
            if section is not None:
                yield name, section


class ExplorerSection(_Section):
    """URL patterns of a block explorer for the main network."""

    block: Annotated[str, Field(pattern=_HTTP + r"\{hash\}")]
    tx: Annotated[str, Field(pattern=_HTTP + r"\{txid\}")]
    address: Annotated[str, Field(pattern=_HTTP + r"\{address\}")]


class CoinFile(_Section):
    """A coin file whose keys agree with each other."""

    name: Annotated[str, Field(min_length=1)]
    symbol: Annotated[str, Field(min_length=1)]
    algorithm: str
    networks: NetworksSection
    reward: Reward | None = None
    n_value: int | None = None
    r_value: int | None = None
    time_table: dict[str, int] | None = None
    chain_start_time: Annotated[int, Field(ge=0)] | None = None
    n_min: Annotated[int, Field(ge=0, le=30)] | None = None
    n_max: Annotated[int, Field(ge=0, le=30)] | None = None
    tx_messages: bool = False
    has_get_info: bool = False
    normal_hashing: bool = False
    mpos_diff_multiplier: Annotated[float, Field(gt=0)] = 1
    peer_magic: _Magic | None = None
    peer_magic_testnet: _Magic | None = None
    peer_magic_regtest: _Magic | None = None
    gbt_rules: list[str] = []
    payees: list[Annotated[str, Field(min_length=1)]] = []
    confirmations: Annotated[int, Field(ge=1)] = 100
    coinbase_hash: CoinbaseHash | None = None
    block_hash: BlockHash | None = None
    decimals: Annotated[int, Field(ge=0, le=18)] = 8
    message_magic: Annotated[str, Field(min_length=1, max_length=64)] = BITCOIN_MAGIC
    explorer: ExplorerSection | None = None

    @property
    def peer_magics(self) -> dict[str, bytes]:
        """What messages of the coin's P2P protocol begin with, by network."""
        texts = (self.peer_magic, self.peer_magic_testnet, self.peer_magic_regtest)
        return {
            name: bytes.fromhex(text) for name, text in zip(NETWORKS, texts, strict=True) if text is not None
        }

    @property
    def hashes_coinbase_once(self) -> bool:
        """Whether the coinbase's leaf in the merkle tree is its single SHA-256."""
        if self.coinbase_hash is not None:
            return self.coinbase_hash == "sha256"
        return self.algorithm in _COINBASE_HASHED_ONCE and not self.normal_hashing

    @property
    def block_id_is_pow(self) -> bool:
        """Whether a block's id is its proof-of-work hash."""
        if self.block_hash is not None:
            return self.block_hash == "pow"
        if self.reward == "POS" and self.algorithm in _ID_IS_POW_WITH_STAKE:
            return True
        return self.algorithm not in _ID_IS_HEADER_HASH


def read_coin_file(name: str, data: Mapping[str, Any]) -> CoinFile:
    """The checked content of a coin file; `name` is the file, for CoinError, which names every bad key."""
    try:
        file = CoinFile.model_validate(dict(data))
        _check(file)
    except ValidationError as error:
        raise CoinError(f"{name}: " + "; ".join(_problem(detail) for detail in error.errors())) from error
    except CoinError as error:
        raise CoinError(f"{name}: {error}") from error
    return file


def _check(file: CoinFile) -> None:
    require_known(file.algorithm)
    if file.normal_hashing and file.coinbase_hash == "sha256":
        raise CoinError("normalHashing says that the coinbase is hashed twice, coinbaseHash says once")
    if file.algorithm not in (SCRYPT, SCRYPT_OG) and (file.n_value, file.r_value) != (None, None):
        raise CoinError(f"nValue and rValue belong to scrypt, not to {file.algorithm!r}")
    if file.algorithm != SCRYPT_N and file.time_table is not None:
        raise CoinError(f"timeTable belongs to scrypt-n, not to {file.algorithm!r}")
    if file.algorithm != SCRYPT_JANE and (file.chain_start_time, file.n_min, file.n_max) != (None,) * 3:
        raise CoinError(f"chainStartTime, nMin and nMax belong to scrypt-jane, not to {file.algorithm!r}")
    for network, section in file.networks.items():
        for example in section.examples:
            _check_example(network, section, example)


def _check_example(network: str, section: NetworkSection, example: str) -> None:
    try:
        script_for(example, section.params)
    except AddressError as error:
        raise CoinError(f"networks.{network}.examples: {example}: {error}") from error


_SECTIONS: dict[str, type[_Section]] = {
    "networks": NetworksSection,
    "main": NetworkSection,
    "test": NetworkSection,
    "regtest": NetworkSection,
    "explorer": ExplorerSection,
}


def _problem(detail: ErrorDetails) -> str:
    path = [str(step) for step in detail["loc"]]
    where = ".".join(path)
    if detail["type"] == "missing":
        return f"{where}: missing"
    if detail["type"] != "extra_forbidden":
        return f"{where}: {detail['msg'][:1].lower()}{detail['msg'][1:]}"
    section = _SECTIONS[path[-2]] if len(path) > 1 else CoinFile
    known = [to_camel(key) for key in section.model_fields]
    nearest = difflib.get_close_matches(path[-1], known, n=1, cutoff=0)
    return f"{where}: unknown key, the nearest known one is {nearest[0]}"
