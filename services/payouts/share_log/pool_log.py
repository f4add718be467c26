"""A pool's tallies as a whole, and where they begin: wired, for the service and for `rebuild`."""

from __future__ import annotations

from collections.abc import Callable

from redis.asyncio import Redis

from nompcore.bus import Bus
from services.payouts.counting.tally_store import TallyStore
from services.payouts.failpoint import Failpoints
from services.payouts.ledger.ledger import Ledger
from services.payouts.mpos.mpos_pool import MposPool
from services.payouts.rounds.scheme_history import SchemeHistory
from services.payouts.share_log.log_base import LogBase
from services.payouts.share_log.log_keeper import SHARES_KEPT_MS, Keeping, LogKeeper
from services.payouts.share_log.log_standing import LogStanding


class PoolLog:
    """One pool's. `is_mpos`: its found rounds are MPOS's."""

    def __init__(
        self, bus: Bus, redis: Redis, ledger: Ledger, pool: str, *, hashrate_window_seconds: float,
        is_mpos: bool, failpoints: Failpoints,
    ) -> None:  # fmt: skip
        self.store = TallyStore(
            redis, pool, hashrate_window_seconds=hashrate_window_seconds, failpoints=failpoints
        )
        self.base = LogBase(bus, ledger, self.store, pool, is_mpos=is_mpos)
        self._bus, self._redis, self._ledger, self._pool = bus, redis, ledger, pool
        self._failpoints = failpoints

    def keeper(
        self, history: Callable[[], SchemeHistory], mpos: MposPool | None, kept_ms: int = SHARES_KEPT_MS
    ) -> LogKeeper:
        """What cuts the log. `history`: all the pool's schemes, as they are when it is asked."""
        standing = LogStanding(self._redis, self.store, self._pool)
        parts = Keeping(
            self._bus, self._ledger, self.base, standing, history, self._failpoints, mpos, kept_ms
        )
        return LogKeeper(self._pool, parts)
