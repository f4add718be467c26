"""What an order to switch means, in NOMP's words where it means nothing (spec 6.4): pure rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nompcore.config import PoolConfig
from nompcore.config.switching import SwitchConfig
from nompcore.switching import SwitchOrder, SwitchState
from services.notifier.notice import pools_by_name

COIN_REQUIRED = "Coin name required"
SWITCHED = "Switch message sent to pool workers"
"""NOMP's words; `deploy/scripts/coinswitch` knows by them that the order was carried out."""


@dataclass(frozen=True, slots=True)
class SwitchTable:
    """The configured switches and the pools that they may choose."""

    switches: Mapping[str, SwitchConfig]
    pools: Mapping[str, PoolConfig]

    def targets(self, order: SwitchOrder) -> dict[str, str] | str:
        """Switch → pool that the order wants there, or why it cannot be carried out."""
        meant = pools_by_name(self.pools.values()).get(order.coin.lower(), ())
        algorithm = order.algorithm
        if meant and not order.switch and not algorithm:
            algorithm = self.pools[meant[0]].coin.algorithm
        named = self.named(order.switch, algorithm)
        if isinstance(named, str):
            return named
        if not meant:
            return f"Switch message to coin that is not recognized: {order.coin}"
        chosen = {switch.name: _pool_of(switch, meant) for switch in named}
        for switch in named:
            if chosen[switch.name] is None:
                return self._mismatch(switch, meant[0])
        return {name: pool for name, pool in chosen.items() if pool is not None}

    def named(self, name: str, algorithm: str) -> list[SwitchConfig] | str:
        """The switches of this name and algorithm, of any where they are empty, or why there are none."""
        if name and name not in self.switches:
            return f"Switch key not recognized: {name}"
        found = [
            switch
            for switch in self.switches.values()
            if name in ("", switch.name) and algorithm in ("", switch.algorithm)
        ]
        if algorithm and not found:
            return f"No switching options contain the algorithm {algorithm}"
        return found

    def _mismatch(self, switch: SwitchConfig, pool: str) -> str:
        coin = self.pools[pool].coin
        if coin.algorithm == switch.algorithm:
            return f"Cannot switch {switch.name} to pool {pool}: it is not one of its pools"
        return f"Cannot switch a {switch.algorithm} algo pool to coin {coin.name} with {coin.algorithm} algo"


def standing(switch: SwitchConfig, stored: SwitchState | None) -> SwitchState:
    """How a switch stands: as stored, or at its default where nothing, or a pool it no longer has, is."""
    if stored is not None and stored.pool in switch.pools:
        return stored
    reason = f"default: {stored.pool} is not one of its pools" if stored else "default"
    return SwitchState(
        switch=switch.name,
        algorithm=switch.algorithm,
        pool=switch.pools[0],
        since_ms=0,
        author="",
        reason=reason,
    )


def _pool_of(switch: SwitchConfig, meant: tuple[str, ...]) -> str | None:
    return next((pool for pool in meant if pool in switch.pools), None)
