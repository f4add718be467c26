"""One stratum port: who may come in, and with which difficulty a miner begins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nompcore.config import PortConfig, VarDiffConfig
from services.stratum.difficulty import DifficultyTrack
from services.stratum.pool import Pool
from services.stratum.prefix_lease import PrefixLease
from services.stratum.session import Session
from services.stratum.vardiff import VardiffRules

if TYPE_CHECKING:
    from services.stratum.connection import Connection


@dataclass(slots=True, eq=False)
class Door:
    """A port of a pool."""

    pool: Pool
    port: int
    config: PortConfig
    prefix: PrefixLease
    vardiff_rules: VardiffRules | None = field(init=False)

    def __post_init__(self) -> None:
        self.vardiff_rules = _vardiff_rules(self.config.var_diff)

    def admit(self, connection: Connection, now: float) -> Session | None:
        """A session for a new connection; None when there is no extranonce1 to give it."""
        counters = self.pool.counters
        allocator = self.prefix.allocator
        extranonce1_hex = allocator.take() if allocator is not None else None
        if allocator is None or extranonce1_hex is None:
            counters.hangups["full" if allocator else "no-prefix"] += 1
            return None
        self.pool.connections[connection] = allocator
        counters.connections_total += 1
        return Session(
            extranonce1_hex=extranonce1_hex,
            jobs=self.pool.jobs,
            authorizer=self.pool.authorizer,
            track=DifficultyTrack(self.pool.targets, float(self.config.diff)),
            vardiff_rules=self.vardiff_rules,
            counters=counters,
            now=now,
        )

    def leave(self, connection: Connection) -> bool:
        """Forget a connection and free its extranonce1; False when it had not been admitted."""
        allocator = self.pool.connections.pop(connection, None)
        if allocator is None:
            return False
        allocator.free(connection.session.extranonce1_hex)
        return True


def _vardiff_rules(config: VarDiffConfig | None) -> VardiffRules | None:
    if config is None:
        return None
    return VardiffRules(
        min_diff=config.min_diff,
        max_diff=config.max_diff,
        target_time=config.target_time_seconds,
        retarget_time=config.retarget_time_seconds,
        variance_percent=config.variance_percent,
        x2mode=config.x2mode,
    )
