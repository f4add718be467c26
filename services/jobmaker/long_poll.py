"""A request that a daemon answers when it has a new tip (BIP 22 long polling), held open while we lead."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from nompcore.errors import DaemonError, TemplateError
from services.jobmaker.daemon_watch import WatchedDaemon
from services.jobmaker.metrics import LONG_POLLS
from services.jobmaker.offer import Offer
from services.jobmaker.wakeup import Wakeup

PAUSE_SECONDS = 1.0
"""After an answer that was no news, or none: a daemon that answers at once must not be asked in a loop."""


class LongPoll:
    """One daemon's. `on_offer` gets the template of a new tip: it need not be asked for again."""

    def __init__(
        self,
        daemon: WatchedDaemon,
        pool: str,
        leads: Callable[[], bool],
        on_offer: Callable[[WatchedDaemon, Offer], None],
    ) -> None:
        self.wakeup = Wakeup()  # rung when the daemon or the leadership may have changed
        self._daemon = daemon
        self._pool = pool
        self._leads = leads
        self._on_offer = on_offer

    async def run(self) -> None:
        """Ask for ever."""
        while True:
            if not (self._leads() and self._daemon.is_able and self._daemon.longpollid):
                await self.wakeup.sleep(None)
            elif not await self._ask():
                await asyncio.sleep(PAUSE_SECONDS)

    async def _ask(self) -> bool:
        """Whether it brought a new tip."""
        before = self._daemon.tip_display
        try:
            offer = await self._daemon.next_offer()
        except (DaemonError, TemplateError):
            LONG_POLLS.labels(self._pool, self._daemon.name, "failed").inc()
            self._daemon.wakeup.ring()  # its watch finds out what is wrong with it
            return False
        is_news = offer is not None and offer.head.prevhash_display != before
        LONG_POLLS.labels(self._pool, self._daemon.name, "new-tip" if is_news else "nothing").inc()
        if is_news and offer is not None:
            self._on_offer(self._daemon, offer)
        return is_news
