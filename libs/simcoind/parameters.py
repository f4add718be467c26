"""What makes one simulated chain different from another: coin, network and consensus numbers."""

from __future__ import annotations

from dataclasses import dataclass

from nompcore.address import NetworkParams
from nompcore.hashing import PowHash, sha256d
from simcoind.money import COIN

REGTEST_NBITS = 0x207FFFFF
"""Every second hash is a block."""
REGTEST_HALVING_INTERVAL = 150


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

    @property
    def has_segwit(self) -> bool:
        """Whether blocks commit to witnesses (BIP 141)."""
        return "segwit" in self.gbt_rules

    def block_hash_le(self, header: bytes) -> bytes:
        """A block's id, internal byte order."""
        return self.pow_hash(header) if self.block_hash_is_pow else sha256d(header)

    def subsidy_at(self, height: int) -> int:
        """New coins of the block at `height`, in sats."""
        if not self.halving_interval:
            return self.subsidy_sats
        return self.subsidy_sats >> min(63, height // self.halving_interval)
