"""Who is at work in each pool, strongest first: built once per gathering, however many ask."""

from __future__ import annotations

from dataclasses import dataclass

from nompcore.messages import WorkerSnapshot
from services.api.state.live import LiveState
from services.api.views.miner_views import active_miners, active_workers, workers_by_address
from services.api.views.page_models import ActiveMiner, ActiveWorker


@dataclass(frozen=True, slots=True)
class AtWork:
    """One pool's miners and workers."""

    miners: list[ActiveMiner]
    workers: list[ActiveWorker]
    by_address: dict[str, list[WorkerSnapshot]]


class ActiveLists:
    """Of all pools. A snapshot holds up to 5000 workers: sorting them for each request would be an attack."""

    def __init__(self, state: LiveState) -> None:
        self._state = state
        self._revision = -1
        self._built: dict[str, AtWork] = {}

    def of(self, pool: str) -> AtWork:
        """Who is at work in a pool."""
        if self._revision != self._state.revision:
            self._built, self._revision = {}, self._state.revision
        if pool not in self._built:
            self._built[pool] = self._build(pool)
        return self._built[pool]

    def _build(self, pool: str) -> AtWork:
        snapshot = self._state.pools[pool].pool
        return AtWork(
            miners=active_miners(snapshot),
            workers=active_workers(snapshot.workers if snapshot else ()),
            by_address=workers_by_address(snapshot),
        )
