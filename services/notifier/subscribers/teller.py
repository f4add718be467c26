"""Tells miners: looks at every address that is subscribed, once a minute. One replica does, by a lease.

What is to be told is written down before it is sent and struck out after it was, so that a replica that dies
in between makes the next one send at most what was under way once more.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection
from typing import NoReturn

from nompcore.bus import Bus
from nompcore.config import PortalConfig
from nompcore.ending import end_tasks, first_of
from nompcore.errors import BusError
from nompcore.lease import Lease
from nompcore.requests import MinerRequest
from nompcore.subjects import MINER, TELLERS, subscriber_key
from nompcore.subscriptions import Subscriber
from services.notifier.subscribers.asked_store import AskedStore
from services.notifier.subscribers.channel_requests import Letter
from services.notifier.subscribers.looking import CONFIRM, Look, after_look
from services.notifier.subscribers.miner_words import MinerWords
from services.notifier.subscribers.outlets import Outcome, Outlets
from services.notifier.subscribers.pool_trust import PoolTrust
from services.notifier.subscribers.post_box import after_try, due, is_due, without_stale
from services.notifier.subscribers.register import Register
from services.notifier.subscribers.subscriber_metrics import (
    LOOKS_FAILED,
    MINERS_TOLD,
    NOTES_GIVEN_UP,
    TELL_FAILURES,
    TELLING,
)
from services.notifier.subscribers.told import Told
from services.notifier.subscribers.told_store import ToldStore

log = logging.getLogger(__name__)

LOOK_SECONDS = 60.0
LOOKS_AT_A_TIME = 8
"""Questions that payouts is asked."""

AT_A_TIME = 64
"""Addresses: receivers that take their time must be many to hold up those of others."""

PAYMENTS = 20
"""Of an address, asked for with each look: payments are made every few minutes at most."""

LEASE_KEY = "teller"


class Teller:
    """Of one process. `owner` is the replica's name."""

    def __init__(
        self, bus: Bus, config: PortalConfig, outlets: Outlets, now_ms: Callable[[], int], owner: str,
        *, look_seconds: float = LOOK_SECONDS,
    ) -> None:  # fmt: skip
        self._bus = bus
        self._config = config
        self._outlets = outlets
        self._now_ms = now_ms
        self._owner = owner
        self._look_seconds = look_seconds
        self._register = Register(bus)
        self._trust = PoolTrust(bus, config.pools, now_ms)
        self._store = ToldStore(bus)
        self._asked = AskedStore(bus)
        self._looks = asyncio.Semaphore(LOOKS_AT_A_TIME)

    async def run(self, stop: asyncio.Event) -> None:
        """Tell until `stop`, as long as it is this replica's turn."""
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(self._register.follow(), name="follow subscriptions")
            telling = tasks.create_task(self._tell_for_ever(), name="tell miners")
            await stop.wait()
            await end_tasks([following, telling])
        await self._outlets.aclose()

    async def _tell_for_ever(self) -> NoReturn:
        while True:
            lease = await Lease.wait(self._bus, TELLERS, LEASE_KEY, self._owner)
            async with lease:
                TELLING.set(1)
                try:
                    self._store.forget()
                    await self._tell_while_held(lease)
                finally:
                    TELLING.set(0)

    async def _tell_while_held(self, lease: Lease) -> None:
        """All addresses every minute, and at once those whose wishes have changed."""
        while lease.held:
            await self._trust.look()
            self._register.take_news()
            await self._tell(list(self._register.subscribers), lease)
            next_look = asyncio.get_running_loop().time() + self._look_seconds
            while lease.held and await self._news_before(next_look, lease):
                await self._tell(self._register.take_news(), lease)

    async def _news_before(self, time: float, lease: Lease) -> bool:
        """Whether wishes have changed; False at a time of the loop's clock, and when the lease is lost."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(time):
                await first_of(self._register.changed, lease.lost)
        return self._register.changed.is_set()

    async def _tell(self, keys: Collection[str], lease: Lease) -> None:
        slots = asyncio.Semaphore(AT_A_TIME)

        async def tell(key: str) -> None:
            async with slots:
                if lease.held:
                    await self._tell_one(key)

        async with asyncio.TaskGroup() as tasks:
            for key in keys:
                tasks.create_task(tell(key))

    async def _tell_one(self, key: str) -> None:
        subscriber = self._register.subscribers.get(key)
        try:
            if subscriber is None:
                await self._store.remove(key)
            elif subscriber.pool in self._config.pools:
                await self._look_and_send(key, subscriber)
        except BusError as error:
            pool = subscriber.pool if subscriber else ""
            LOOKS_FAILED.labels(pool).inc()
            log.debug("address not looked at", extra={"pool": pool, "reason": str(error)})

    async def _look_and_send(self, key: str, subscriber: Subscriber) -> None:
        told = await self._store.get(key)
        request = MinerRequest(address=subscriber.address, payments_limit=PAYMENTS)
        async with self._looks:
            reply = await self._bus.request(MINER, request, pool=subscriber.pool)
        now_ms = self._now_ms()
        look = Look(reply, now_ms, self._trust.is_trusted(subscriber.pool))
        told = self._without_stale(after_look(subscriber, told, look, self._words(subscriber)), subscriber)
        if not await self._store.put(key, told):
            return  # another replica tells; its turn it is
        for letter in due(told, subscriber, self._config.miner_notices.public_url, now_ms):
            if not is_due(told, letter, now_ms):
                continue
            told = after_try(told, letter, await self._send(letter), self._now_ms())
            if not await self._store.put(key, told):
                return

    async def _send(self, letter: Letter) -> Outcome:
        channel, event = letter.subscription.channel, letter.note.event
        is_question = event == CONFIRM and not letter.note.tries
        if is_question and not await self._may_ask(letter):
            NOTES_GIVEN_UP.labels(channel, "asked already").inc()
            return Outcome.REFUSED
        outcome = await self._outlets.send(letter)
        if outcome is Outcome.TAKEN:
            MINERS_TOLD.labels(channel, event).inc()
        elif outcome is Outcome.LATER:
            TELL_FAILURES.labels(channel).inc()
        else:
            NOTES_GIVEN_UP.labels(channel, "refused").inc()
        return outcome

    async def _may_ask(self, letter: Letter) -> bool:
        subscriber = letter.subscriber
        key = subscriber_key(subscriber.pool, subscriber.address)
        return await self._asked.may_ask(letter.subscription.target, key)

    def _without_stale(self, told: Told, subscriber: Subscriber) -> Told:
        told, dropped = without_stale(told, self._now_ms())
        channels = {one.subscription_id: one.channel for one in subscriber.subscriptions}
        for name, _ in dropped:
            NOTES_GIVEN_UP.labels(channels[name], "too old or too many").inc()
        return told

    def _words(self, subscriber: Subscriber) -> MinerWords:
        coin = self._config.pools[subscriber.pool].coin
        return MinerWords(subscriber.pool, subscriber.address, coin.symbol.upper(), coin.decimals)
