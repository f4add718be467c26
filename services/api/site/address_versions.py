"""What the mining key page knows of the coins' addresses: their version bytes and prefixes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nompcore.config import PoolConfig


@dataclass(frozen=True, slots=True)
class AddressVersions:
    """How addresses of a pool's coin begin on the pool's network; empty where the coin has no such form."""

    coin: str
    symbol: str
    network: str
    key_versions: str
    script_versions: str
    bech32_prefix: str
    cashaddr_prefix: str


def address_versions(pools: Iterable[PoolConfig]) -> list[AddressVersions]:
    """One line a pool, version bytes separated by blanks."""
    return [_versions(pool) for pool in pools]


def _versions(pool: PoolConfig) -> AddressVersions:
    network = pool.coin.networks[pool.network]
    return AddressVersions(
        coin=pool.coin.name,
        symbol=pool.coin.symbol.upper(),
        network=pool.network,
        key_versions=" ".join(map(str, network.pubkey_versions)),
        script_versions=" ".join(map(str, network.script_versions)),
        bech32_prefix=network.bech32_hrp or "",
        cashaddr_prefix=network.cashaddr_prefix or "",
    )
