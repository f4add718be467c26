"""What makes one simulated chain different from another: coin, network and consensus numbers."""

from __future__ import annotations

from dataclasses import dataclass, fields

from nompcore.address import NetworkParams
from nompcore.algorithms import PowHash
from nompcore.hashing import sha256d
from simcoind.money import COIN
from simcoind.wire_form import BITCOIN, WireForm

REGTEST_NBITS = 0x207FFFFF
"""Every second hash is a block."""
REGTEST_HALVING_INTERVAL = 150
SUPERBLOCK_INTERVAL = 10


@dataclass(frozen=True, slots=True)
class ChainParameters:
    """Constants of a chain. `chain_name` is what getblockchaininfo says: main, test or regtest."""

    coin_name: str
    chain_name: str
    network: NetworkParams
    pow_hash: PowHash
    gbt_rules: tuple[str, ...] = ("segwit",)
    block_hash_is_pow: bool = False
    nbits: int = REGTEST_NBITS
    maturity: int = 100
    subsidy_sats: int = 50 * COIN
    halving_interval: int = REGTEST_HALVING_INTERVAL  # 0: the subsidy never changes
    form: WireForm = BITCOIN
    payees: tuple[str, ...] = ()  # see `simcoind.payees`
    superblock_interval: int = SUPERBLOCK_INTERVAL  # blocks, where the payees have superblocks
    is_old: bool = False  # the daemon answers as daemons did before 2014

    @property
    def has_segwit(self) -> bool:
        """Whether blocks commit to witnesses (BIP 141)."""
        return "segwit" in self.gbt_rules

    @property
    def has_stake(self) -> bool:
        """Whether the coin also knows proof of stake, which makes its blocks of work different too."""
        return self.form.has_time

    @property
    def family(self) -> str:
        """What of the chain's rules departs from Bitcoin's, in a word for each; "" for nothing."""
        departures = [one.name for one in fields(self.form) if getattr(self.form, one.name)]
        return " ".join([*departures, *self.payees])

    def block_hash_le(self, header: bytes) -> bytes:
        """A block's id, internal byte order."""
        return self.pow_hash(header) if self.block_hash_is_pow else sha256d(header)

    def subsidy_at(self, height: int) -> int:
        """New coins of the block at `height`, in sats."""
        if not self.halving_interval:
            return self.subsidy_sats
        return self.subsidy_sats >> min(63, height // self.halving_interval)
