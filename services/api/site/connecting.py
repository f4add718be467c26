"""The ports of a pool as a newcomer needs them: where, how hard, and the command lines that fit."""

from __future__ import annotations

from dataclasses import dataclass

from nompcore.config import PoolConfig
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
    """A pool with its ports; `asic`: machines made for its algorithm exist."""

    pool: PoolConfig
    doors: list[Door]
    asic: bool


def entrance(pool: PoolConfig, host: str) -> Entrance:
    """Everything one needs to mine at a pool."""
    doors = [_door(pool, number, host) for number in sorted(pool.ports)]
    return Entrance(pool, doors, pool.coin.algorithm in ASIC)


def _door(pool: PoolConfig, number: int, host: str) -> Door:
    port = pool.ports[number]
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
