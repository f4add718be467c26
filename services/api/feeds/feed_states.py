"""The figures that live feeds push: built once per gathering and topic, however many listen.

Nothing here asks payouts: a miner's feed is cut from the pool's snapshot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from services.api.state.active_lists import ActiveLists
from services.api.views.hashrate_text import hashrate_text
from services.api.views.miner_views import active_workers
from services.api.views.models import Pools
from services.api.views.page_models import MinerFigures
from services.api.views.pool_views import PoolViews

POOLS, POOL, MINER = "pools", "pool", "miner"


@dataclass(frozen=True, slots=True)
class Topic:
    """What a listener wants: everything, one pool, or one miner of a pool."""

    pool: str = ""
    address: str = ""

    @property
    def kind(self) -> str:
        """The name of the events that carry its figures."""
        if not self.pool:
            return POOLS
        return MINER if self.address else POOL

    def takes(self, pool: str, address: str) -> bool:
        """Whether news of a pool, about one address or ("") about all, belong to it."""
        return self.pool in ("", pool) and (not self.address or address in ("", self.address))


class FeedStates:
    """Figures of every topic that is listened to, as JSON of one line."""

    def __init__(self, views: PoolViews, at_work: ActiveLists, now_ms: Callable[[], int]) -> None:
        self._state = views.state
        self._views = views
        self._at_work = at_work
        self._now_ms = now_ms
        self._revision = -1
        self._built: dict[Topic, bytes] = {}

    def figures(self, topic: Topic) -> bytes:
        """The present figures of a topic."""
        if self._revision != self._state.revision:
            self._built, self._revision = {}, self._state.revision
        if topic not in self._built:
            self._built[topic] = self._build(topic)
        return self._built[topic]

    def _build(self, topic: Topic) -> bytes:
        if topic.kind == POOLS:
            model: Pools | MinerFigures = Pools(pools=self._views.summaries(self._now_ms()))
            return model.model_dump_json().encode()
        if topic.kind == POOL:
            return self._views.summary(topic.pool, self._now_ms()).model_dump_json().encode()
        return self._miner(topic).model_dump_json().encode()

    def _miner(self, topic: Topic) -> MinerFigures:
        workers = active_workers(self._at_work.of(topic.pool).by_address.get(topic.address, []))
        hashrate = sum(worker.hashrate for worker in workers)
        return MinerFigures(
            address=topic.address,
            hashrate=hashrate,
            hashrate_text=hashrate_text(hashrate),
            workers=workers,
        )
