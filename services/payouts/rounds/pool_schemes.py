"""One pool's reward schemes at work: what is configured goes into the ledger, and PPS shares are credited."""

from __future__ import annotations

import asyncio
import logging
import time

from nompcore.bus import Bus
from nompcore.config import PoolConfig, SchemeConfig
from services.payouts.counting.groups import OWN, Groups
from services.payouts.counting.tallies import Tallies
from services.payouts.ledger.ledger import Ledger
from services.payouts.rounds.crediter import Crediter
from services.payouts.rounds.scheme_history import SchemeHistory, Wanted
from services.payouts.schemes.choice import encode, scheme_named

log = logging.getLogger(__name__)


class PoolSchemes:
    """What one replica knows of them while it leads the pool."""

    def __init__(self, bus: Bus, ledger: Ledger, tallies: Tallies, pool: PoolConfig) -> None:
        self._bus = bus
        self._ledger = ledger
        self._tallies = tallies
        self._pool = pool
        self._history = SchemeHistory()
        self._crediter: Crediter | None = None

    @property
    def history(self) -> SchemeHistory:
        """All that the pool was ever told."""
        return self._history

    @property
    def groups(self) -> Groups:
        """Which port's shares are of which rounds."""
        return self._history.groups

    @property
    def trouble(self) -> str:
        """Why shares are not credited, for people; empty if they are, or need not be."""
        return self._crediter.state if self._crediter else ""

    async def adopt(self) -> None:
        """Begin to lead. A pool that pays nobody, perhaps only today, leaves what the ledger knows."""
        if self._pool.payments is None:
            self._history = await asyncio.to_thread(self._ledger.schemes.history, self._pool.name)
            return
        wanted = wanted_schemes(self._pool, self._pool.payments.scheme)
        has_shares = await self._tallies.position() > 0
        self._history = await asyncio.to_thread(
            self._ledger.schemes.adopt, self._pool.name, wanted, has_shares=has_shares,
            now_ms=int(time.time() * 1000),
        )  # fmt: skip
        shown = {group or "own": encode(scheme) for group, scheme in wanted.schemes.items()}
        log.info("reward schemes", extra={"pool": self._pool.name, "schemes": shown})
        self._crediter = self._new_crediter(self._pool.payments.fee_ppm)

    async def credit(self) -> None:
        """Credit shares that are paid at once, if there are any."""
        if self._crediter is not None:
            await self._crediter.run_once()

    def _new_crediter(self, fee_ppm: int) -> Crediter | None:
        if not self._history.pays_shares:
            return None
        return Crediter(self._bus, self._ledger, self._pool.name, history=self._history, fee_ppm=fee_ppm)


def wanted_schemes(pool: PoolConfig, config: SchemeConfig) -> Wanted:
    """What a pool's file says: its own scheme, and those of ports that have one."""
    ports = {number: port.scheme for number, port in pool.ports.items() if port.scheme is not None}
    schemes = {OWN: scheme_named(config.name, config)}
    for name in ports.values():
        schemes[name] = scheme_named(name, config)
    return Wanted(schemes, dict(ports))
