"""The ports of a pool or switch as a newcomer needs them: where, how hard, which command lines fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nompcore.config import PoolConfig, PortConfig, SwitchConfig
from services.api.site.miner_programs import ASIC, PLAIN, TLS, Command, commands


@dataclass(frozen=True, slots=True)
class Door:
    """A stratum port. `tls`: it takes TLS only; `tls_too`: it takes both."""

    port: int
    url: str
    tls_url: str
    difficulty: float
    lowest: float | None
    highest: float | None
    scheme: str | None
    tls: bool
    tls_too: bool
    commands: list[Command]


@dataclass(frozen=True, slots=True)
class Entrance:
    """A pool with its ports; `asic`: machines made for its algorithm exist.

    Of a switch `pool` is the one that it mines now, and `follows` are all of which it mines one.
    """

    pool: PoolConfig
    doors: list[Door]
    asic: bool
    anchor: str  # its place on the page
    follows: Sequence[PoolConfig] = ()


def entrance(pool: PoolConfig, host: str) -> Entrance:
    """Everything one needs to mine at a pool."""
    doors = [_door(pool, number, port, host) for number, port in sorted(pool.ports.items())]
    return Entrance(pool, doors, pool.coin.algorithm in ASIC, pool.name)


def switch_entrance(
    switch: SwitchConfig, follows: Sequence[PoolConfig], current: PoolConfig, host: str
) -> Entrance:
    """Everything one needs to mine at a switching port."""
    doors = [_door(current, number, port, host) for number, port in sorted(switch.ports.items())]
    return Entrance(current, doors, switch.algorithm in ASIC, f"switch-{switch.name}", follows)


def _door(pool: PoolConfig, number: int, port: PortConfig, host: str) -> Door:
    tls = port.tls == "on"
    return Door(
        port=number,
        url=f"{TLS if tls else PLAIN}://{host}:{number}",
        tls_url=f"{TLS}://{host}:{number}",
        difficulty=port.diff,
        lowest=port.var_diff.min_diff if port.var_diff else None,
        highest=port.var_diff.max_diff if port.var_diff else None,
        scheme=port.scheme or (pool.payments.scheme.name if pool.payments else None),
        tls=tls,
        tls_too=port.tls == "auto",
        commands=commands(pool.coin.algorithm, host, number, tls=tls),
    )
