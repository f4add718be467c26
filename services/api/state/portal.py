"""What every route needs, put together once by `__main__` (or a test)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nompcore.bus import Bus
from nompcore.coin import Coin
from nompcore.config import PoolConfig, PortalConfig
from services.api.feeds.feed import Feed
from services.api.feeds.feed_states import FeedStates
from services.api.feeds.seats import MAX_LISTENERS
from services.api.feeds.sse import EventHub
from services.api.serving.problem import unknown_pool
from services.api.state.active_lists import ActiveLists
from services.api.state.details import Details
from services.api.state.live import LiveState
from services.api.state.switch_board import SwitchBoard
from services.api.views.pool_views import PoolViews


@dataclass(frozen=True, slots=True)
class Portal:
    """One portal: its configuration, what is live, and the ways out of the process. `now_ms` is Unix time."""

    config: PortalConfig
    bus: Bus
    state: LiveState
    hub: EventHub
    feed: Feed
    details: Details
    views: PoolViews
    at_work: ActiveLists
    switches: SwitchBoard
    now_ms: Callable[[], int]

    @property
    def coins(self) -> Mapping[str, Coin]:
        """Pool name → its coin."""
        return {name: pool.coin for name, pool in self.config.pools.items()}

    def close_streams(self) -> None:
        """Let every listener go."""
        self.hub.close()
        self.feed.close()

    def pool(self, name: str) -> PoolConfig:
        """The pool named in a path. Raises a 404 problem when there is none."""
        if name not in self.config.pools:
            raise unknown_pool()
        return self.config.pools[name]


def open_portal(
    config: PortalConfig, bus: Bus, now_ms: Callable[[], int], listeners: int = MAX_LISTENERS
) -> Portal:
    """A portal that has heard nothing yet, with seats for so many listeners of live feeds."""
    site = config.website
    state = LiveState(
        config.pools,
        interval_seconds=site.update_interval_seconds,
        retention_seconds=site.historical_retention_seconds,
    )
    views, at_work = PoolViews(config.pools, site.stratum_host, state), ActiveLists(state)
    return Portal(
        config=config,
        bus=bus,
        state=state,
        hub=EventHub(listeners),
        feed=Feed(FeedStates(views, at_work, now_ms), now_ms),
        details=Details(bus),
        views=views,
        at_work=at_work,
        switches=SwitchBoard(config.switches, has_reports=config.profit_switch is not None),
        now_ms=now_ms,
    )
