"""The live feed: who hears what, and from where on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest

from services.api.feeds.feed import KEPT_NEWS, Feed, FeedEvent
from services.api.feeds.feed_news import News, news_of
from services.api.feeds.feed_states import FeedStates, Topic
from services.api.feeds.feed_wire import SSE_HEARTBEAT, last_event_id, sse_text, websocket_text
from services.api.state.active_lists import ActiveLists
from services.api.state.live import LiveState
from services.api.views.pool_views import PoolViews
from tests.unit import api_samples as samples
from tests.unit import notifier_samples as messages

EVERYTHING, POOL, MINER = Topic(), Topic(samples.POOL), Topic(samples.POOL, samples.ADDRESS)


class Clock:
    """Unix milliseconds that move when a test says so."""

    def __init__(self) -> None:
        self.ms = 1000

    def now_ms(self) -> int:
        return self.ms


def live_state() -> LiveState:
    state = LiveState([samples.POOL], interval_seconds=15, retention_seconds=3600)
    state.pools[samples.POOL].pool = samples.pool_snapshot()
    state.gathered(1)
    return state


def states(state: LiveState, now_ms: Callable[[], int]) -> FeedStates:
    views = PoolViews({samples.POOL: samples.pool_config()}, "pool.example", state)
    return FeedStates(views, ActiveLists(state), now_ms)


def feed(clock: Clock | None = None, heartbeat_seconds: float = 60) -> Feed:
    now_ms = (clock or Clock()).now_ms
    return Feed(states(live_state(), now_ms), now_ms, heartbeat_seconds)


def news(kind: str = "block", pool: str = samples.POOL, address: str = "") -> News:
    return News(kind, pool, address, b"{}")


async def first(events: AsyncIterator[FeedEvent], count: int) -> list[FeedEvent]:
    async with asyncio.timeout(30):
        return [await anext(events) for _ in range(count)]


async def test_a_listener_is_shown_the_present_at_once_and_then_every_change() -> None:
    clock = Clock()
    live = feed(clock)
    events = live.events(POOL)

    (present,) = await first(events, 1)
    live.publish(news())
    live.updated()
    told, figures = await first(events, 2)
    clock.ms = 2000
    live.publish(news())
    (later,) = await first(events, 1)

    assert later.id == 2000
    assert (present.kind, told.kind, figures.kind) == ("pool", "block", "pool")
    assert (present.id, told.id, figures.id) == (1000, 1001, 1001)
    assert msgspec.json.decode(present.data)["name"] == samples.POOL


async def test_who_comes_back_hears_what_it_missed_and_nothing_twice() -> None:
    live = feed()
    for _ in range(3):
        live.publish(news())

    missed = await first(live.events(POOL, last_id=1001), 3)

    assert [(event.id, event.kind) for event in missed[:2]] == [(1002, "block"), (1003, "block")]
    assert missed[2].kind == "pool"


async def test_who_leaves_after_figures_that_overtook_news_hears_the_news_on_return() -> None:
    live = feed()
    live.publish(news())
    events = live.events(POOL, last_id=1000)
    await first(events, 1)  # and while it takes that, both of these happen
    live.publish(news())
    live.updated()
    (figures,) = await first(events, 1)

    (missed,) = await first(live.events(POOL, last_id=figures.id), 1)

    assert (figures.kind, missed.kind, missed.id) == ("pool", "block", 1002)


async def test_an_id_from_the_future_silences_nobody() -> None:
    live = feed()
    live.publish(news())
    events = live.events(POOL, last_id=10**15)
    (present,) = await first(events, 1)
    live.publish(news())
    (told,) = await first(events, 1)

    assert (present.kind, told.kind) == ("pool", "block")


async def test_a_newcomer_is_not_told_old_news() -> None:
    live = feed()
    live.publish(news())

    assert [event.kind for event in await first(live.events(POOL), 1)] == ["pool"]


async def test_who_falls_behind_the_list_misses_news_and_goes_on() -> None:
    live = feed()
    events = live.events(POOL)
    await first(events, 1)
    for _ in range(2 * KEPT_NEWS):
        live.publish(news())

    heard = await first(events, KEPT_NEWS)

    assert heard[0].id == 1001 + KEPT_NEWS
    assert heard[-1].id == 1000 + 2 * KEPT_NEWS


async def test_a_closed_feed_ends_every_listener() -> None:
    live = feed()
    events = live.events(EVERYTHING)
    await first(events, 1)
    live.close()

    assert [event async for event in events] == []
    assert [event async for event in live.events(EVERYTHING)] == []


async def test_silence_is_broken_by_heartbeats() -> None:
    events = feed(heartbeat_seconds=0.01).events(POOL)
    _, heartbeat = await first(events, 2)

    assert sse_text(heartbeat) == SSE_HEARTBEAT


@pytest.mark.parametrize(
    ("topic", "heard"),
    [
        (EVERYTHING, ["mine", "other-miner", "all", "other-pool"]),
        (POOL, ["mine", "other-miner", "all"]),
        (MINER, ["mine", "all"]),
    ],
)
def test_news_reach_whom_they_concern(topic: Topic, heard: list[str]) -> None:
    told = {
        "mine": (samples.POOL, samples.ADDRESS),
        "other-miner": (samples.POOL, "Lother"),
        "all": (samples.POOL, ""),
        "other-pool": ("other", samples.ADDRESS),
    }

    assert [name for name, (pool, address) in told.items() if topic.takes(pool, address)] == heard


def test_a_miners_figures_are_cut_from_the_pools_snapshot() -> None:
    figures = msgspec.json.decode(states(live_state(), lambda: 0).figures(MINER))

    assert figures["address"] == samples.ADDRESS
    assert figures["hashrate"] == 1_500_000.0
    assert [worker["worker"] for worker in figures["workers"]] == ["LaddressOne.rig1"]


def test_figures_are_built_once_a_gathering() -> None:
    state = live_state()
    built = states(state, lambda: 0)
    before = built.figures(MINER)
    assert built.figures(MINER) is before

    state.pools[samples.POOL].pool = samples.pool_snapshot(workers=[])
    assert built.figures(MINER) is before
    state.gathered(2)
    assert msgspec.json.decode(built.figures(MINER))["workers"] == []


def test_blocks_and_payments_are_news_and_alarms_are_not() -> None:
    block, payment = news_of(messages.block_confirmed()), news_of(messages.payment_sent())

    assert block is not None
    assert payment is not None
    assert (block.kind, payment.kind, payment.address) == ("block", "payment", "")
    assert msgspec.json.decode(block.data)["status"] == "confirmed"
    assert b"\n" not in block.data + payment.data
    assert news_of(messages.payment_failed()) is None


def test_an_event_looks_the_same_on_both_wires() -> None:
    event = FeedEvent(7, "block", b'{"height":1}')

    assert sse_text(event) == b'id: 7\nevent: block\ndata: {"height":1}\n\n'
    assert msgspec.json.decode(websocket_text(event)) == {"id": 7, "event": "block", "data": {"height": 1}}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1764000000123", 1764000000123),
        ("", None),
        (None, None),
        ("-1", None),
        ("1e3", None),
        ("9" * 17, None),
        ("٣", None),
    ],
)
def test_an_id_that_comes_back_is_a_number_or_nothing(text: str | None, number: int | None) -> None:
    assert last_event_id(text) == number
