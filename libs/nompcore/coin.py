"""What a coin file says, checked as a whole. Coins are data: no code differs from coin to coin.

The keys are NOMP's (spec 7.2) and some of our own, which NOMP ignored or guessed:

    networks        version bytes and bech32 prefix of `main`, `test` and `regtest`
    gbtRules        rules that getblocktemplate wants to be told
    confirmations   depth at which a coinbase can be spent
    coinbaseHash    "sha256d", or "sha256" for the few coins that hash the coinbase once
    blockHash       "sha256d", or "pow" where a block's id is its proof-of-work hash
    decimals        digits after the decimal point of the daemon's amounts
    explorer        URL patterns with {hash}, {txid}, {address}
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from nompcore.address import NetworkParams
from nompcore.errors import CoinError
from nompcore.hashing import SCRYPT, PowHash, difficulty_multiplier, pow_hash, sha256, sha256d

_UNUSED_NOMP_KEYS = ("timeTable", "chainStartTime", "nMin", "nMax")
"""Keys of scrypt-n and scrypt-jane, which this version does not mine."""


@dataclass(frozen=True, slots=True)
class Explorer:
    """URL patterns of a block explorer for the main network."""

    block: str
    tx: str
    address: str

    def block_url(self, block_hash_display: str) -> str:
        """Where the explorer shows a block."""
        return self.block.replace("{hash}", block_hash_display)

    def tx_url(self, txid_display: str) -> str:
        """Where the explorer shows a transaction."""
        return self.tx.replace("{txid}", txid_display)

    def address_url(self, address: str) -> str:
        """Where the explorer shows an address."""
        return self.address.replace("{address}", address)


@dataclass(frozen=True, slots=True)
class Coin:
    """A coin that this version can mine."""

    name: str
    symbol: str
    algorithm: str
    multiplier: int  # difficulty 1 is 2^32 / multiplier expected hashes
    pow_hash: PowHash = field(repr=False, compare=False)
    coinbase_hash: str  # "sha256d" | "sha256"
    block_hash: str  # "sha256d" | "pow"
    networks: Mapping[str, NetworkParams]  # "main", and "test" and "regtest" where the file has them
    gbt_rules: tuple[str, ...]
    confirmations: int
    decimals: int
    tx_messages: bool
    has_get_info: bool
    mpos_diff_multiplier: float
    peer_magic: bytes | None
    peer_magic_testnet: bytes | None
    explorer: Explorer | None

    def hash_coinbase(self, coinbase: bytes) -> bytes:
        """The coinbase's leaf in the merkle tree: its id."""
        return sha256(coinbase) if self.coinbase_hash == "sha256" else sha256d(coinbase)

    def block_id(self, header: bytes, pow_digest: bytes) -> bytes:
        """A block's id in internal byte order, from its header and the proof-of-work hash of it."""
        return pow_digest if self.block_hash == "pow" else sha256d(header)


class _Section(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True, frozen=True)


_VersionBytes = Annotated[list[Annotated[int, Field(ge=0, le=255)]], Field(min_length=1)]
_Magic = Annotated[str, Field(pattern="^[0-9a-fA-F]{8}$")]
_HTTP = r"^https?://[^\s\"'<>]*"


class _NetworkSection(_Section):
    pubkey_versions: _VersionBytes
    script_versions: _VersionBytes
    bech32_prefix: Annotated[str, Field(pattern="^[a-z0-9]{1,20}$")] | None = None


class _NetworksSection(_Section):
    main: _NetworkSection
    test: _NetworkSection | None = None
    regtest: _NetworkSection | None = None


class _ExplorerSection(_Section):
    block: Annotated[str, Field(pattern=_HTTP + r"\{hash\}")]
    tx: Annotated[str, Field(pattern=_HTTP + r"\{txid\}")]
    address: Annotated[str, Field(pattern=_HTTP + r"\{address\}")]


class _CoinFile(_Section):
    name: Annotated[str, Field(min_length=1)]
    symbol: Annotated[str, Field(min_length=1)]
    algorithm: str
    networks: _NetworksSection
    reward: Literal["POW"] = "POW"
    n_value: int | None = None
    r_value: int | None = None
    tx_messages: bool = False
    has_get_info: bool = False
    normal_hashing: bool = False
    mpos_diff_multiplier: Annotated[float, Field(gt=0)] = 1
    peer_magic: _Magic | None = None
    peer_magic_testnet: _Magic | None = None
    gbt_rules: list[str] = []
    confirmations: Annotated[int, Field(ge=1)] = 100
    coinbase_hash: Literal["sha256d", "sha256"] = "sha256d"
    block_hash: Literal["sha256d", "pow"] = "sha256d"
    decimals: Annotated[int, Field(ge=0, le=18)] = 8
    explorer: _ExplorerSection | None = None


def parse_coin(name: str, data: Mapping[str, Any]) -> Coin:
    """The coin of a coin file's content; `name` is the file, for the error. CoinError names every bad key."""
    try:
        file = _CoinFile.model_validate(dict(data))
        return _coin(file)
    except ValidationError as error:
        raise CoinError(f"{name}: " + "; ".join(_problem(detail) for detail in error.errors())) from error
    except CoinError as error:
        raise CoinError(f"{name}: {error}") from error


def _coin(file: _CoinFile) -> Coin:
    if file.normal_hashing and file.coinbase_hash == "sha256":
        raise CoinError("normalHashing says that the coinbase is hashed twice, coinbaseHash says once")
    return Coin(
        name=file.name,
        symbol=file.symbol,
        algorithm=file.algorithm,
        multiplier=difficulty_multiplier(file.algorithm),
        pow_hash=_pow_hash(file),
        coinbase_hash=file.coinbase_hash,
        block_hash=file.block_hash,
        networks=dict(_networks(file.networks)),
        gbt_rules=tuple(file.gbt_rules),
        confirmations=file.confirmations,
        decimals=file.decimals,
        tx_messages=file.tx_messages,
        has_get_info=file.has_get_info,
        mpos_diff_multiplier=file.mpos_diff_multiplier,
        peer_magic=_magic(file.peer_magic),
        peer_magic_testnet=_magic(file.peer_magic_testnet),
        explorer=Explorer(**file.explorer.model_dump()) if file.explorer else None,
    )


def _pow_hash(file: _CoinFile) -> PowHash:
    if file.algorithm != SCRYPT and (file.n_value is not None or file.r_value is not None):
        raise CoinError(f"nValue and rValue belong to scrypt, not to {file.algorithm!r}")
    n = 1024 if file.n_value is None else file.n_value
    r = 1 if file.r_value is None else file.r_value
    return pow_hash(file.algorithm, n, r)


def _networks(section: _NetworksSection) -> Iterator[tuple[str, NetworkParams]]:
    for network in ("main", "test", "regtest"):
        params: _NetworkSection | None = getattr(section, network)
        if params is not None:
            yield (
                network,
                NetworkParams(
                    tuple(params.pubkey_versions), tuple(params.script_versions), params.bech32_prefix
                ),
            )


def _magic(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)


_SECTIONS: dict[str, type[_Section]] = {
    "networks": _NetworksSection,
    "main": _NetworkSection,
    "test": _NetworkSection,
    "regtest": _NetworkSection,
    "explorer": _ExplorerSection,
}


def _problem(detail: ErrorDetails) -> str:
    path = [str(step) for step in detail["loc"]]
    where = ".".join(path)
    if detail["type"] == "missing":
        return f"{where}: missing"
    if detail["type"] != "extra_forbidden":
        return f"{where}: {detail['msg'][:1].lower()}{detail['msg'][1:]}"
    if path[-1] in _UNUSED_NOMP_KEYS:
        return f"{where}: belongs to algorithms that this version does not mine"
    section = _SECTIONS[path[-2]] if len(path) > 1 else _CoinFile
    known = [to_camel(key) for key in section.model_fields]
    nearest = difflib.get_close_matches(path[-1], known, n=1, cutoff=0)
    return f"{where}: unknown key, the nearest known one is {nearest[0]}"
