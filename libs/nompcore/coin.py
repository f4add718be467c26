"""A coin that this version can mine, made of its file (`nompcore.coin_file`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nompcore.address import NetworkParams
from nompcore.algorithms import SCRYPT_JANE, SCRYPT_N, PowHash, difficulty_multiplier
from nompcore.coin_file import CoinFile, Reward, read_coin_file
from nompcore.errors import CoinError
from nompcore.hashing import hashes_slowly, library_algorithm, pow_hash, sha256, sha256d
from nompcore.n_schedules import (
    MAX_FACTOR,
    MIN_FACTOR,
    VERTCOINS_TIMES,
    YACOINS_START,
    NSchedule,
    n_by_formula,
    n_by_table,
    read_time_table,
)


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
    hashes_slowly: bool  # pow_hash belongs into a thread, where it runs without the GIL
    library_algorithm: str  # the hash library's name of pow_hash; "" where it is made of more, or not there
    hashes_coinbase_once: bool
    block_id_is_pow: bool
    networks: Mapping[str, NetworkParams]  # "main", and "test" and "regtest" where the file has them
    reward: Reward | None  # None: as the daemon's getdifficulty tells
    gbt_rules: tuple[str, ...]
    payees: tuple[str, ...]  # fields of the template that demand outputs, beside the well-known ones
    confirmations: int
    decimals: int
    tx_messages: bool
    has_get_info: bool
    mpos_diff_multiplier: float
    peer_magics: Mapping[str, bytes]  # by network
    explorer: Explorer | None
    message_magic: str  # what its wallets put before a text that they sign

    def hash_coinbase(self, coinbase: bytes) -> bytes:
        """The coinbase's leaf in the merkle tree: its id."""
        return sha256(coinbase) if self.hashes_coinbase_once else sha256d(coinbase)

    def block_id(self, header: bytes, pow_digest: bytes) -> bytes:
        """A block's id in internal byte order, from its header and the proof-of-work hash of it."""
        return pow_digest if self.block_id_is_pow else sha256d(header)


def parse_coin(name: str, data: Mapping[str, Any]) -> Coin:
    """The coin of a coin file's content; `name` is the file, for CoinError, also where it cannot be mined."""
    file = read_coin_file(name, data)
    try:
        return _coin(file)
    except CoinError as error:
        raise CoinError(f"{name}: {error}") from error


def _coin(file: CoinFile) -> Coin:
    return Coin(
        name=file.name,
        symbol=file.symbol,
        algorithm=file.algorithm,
        multiplier=difficulty_multiplier(file.algorithm),
        pow_hash=_pow_hash(file),
        hashes_slowly=hashes_slowly(file.algorithm),
        library_algorithm=library_algorithm(
            file.algorithm, file.n_value, file.r_value, hashes_time_too=file.normal_hashing
        ),
        hashes_coinbase_once=file.hashes_coinbase_once,
        block_id_is_pow=file.block_id_is_pow,
        networks={name: section.params for name, section in file.networks.items()},
        reward=file.reward,
        gbt_rules=tuple(file.gbt_rules),
        payees=tuple(file.payees),
        confirmations=file.confirmations,
        decimals=file.decimals,
        tx_messages=file.tx_messages,
        has_get_info=file.has_get_info,
        mpos_diff_multiplier=file.mpos_diff_multiplier,
        peer_magics=file.peer_magics,
        explorer=Explorer(**file.explorer.model_dump()) if file.explorer else None,
        message_magic=file.message_magic,
    )


def _pow_hash(file: CoinFile) -> PowHash:
    r = 1 if file.r_value is None else file.r_value
    return pow_hash(
        file.algorithm, file.n_value, r, schedule=_schedule(file), hashes_time_too=file.normal_hashing
    )


def _schedule(file: CoinFile) -> NSchedule | None:
    if file.algorithm == SCRYPT_N:
        return n_by_table(VERTCOINS_TIMES if file.time_table is None else read_time_table(file.time_table))
    if file.algorithm == SCRYPT_JANE:
        start = YACOINS_START if file.chain_start_time is None else file.chain_start_time
        lowest = MIN_FACTOR if file.n_min is None else file.n_min
        return n_by_formula(start, lowest, MAX_FACTOR if file.n_max is None else file.n_max)
    return None
