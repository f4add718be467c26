"""One upstream pool: connected to again and again for as long as it is wanted."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace

from nompcore.config.upstream import UpstreamPool
from nompcore.patience import Patience
from services.jobmaker.upstream.choice import ChoicePace, Standing
from services.jobmaker.upstream.connection import CLOSED, Ending, UpstreamConnection, UpstreamPace
from services.jobmaker.upstream.destination import destination, wait_before
from services.jobmaker.upstream.dialogue import UpstreamWork
from services.jobmaker.upstream.events import Answered, MessageShown, ReconnectAsked
from services.jobmaker.upstream.metrics import ENDED, MESSAGES, PASSED_OVER, READY, STRANGERS

log = logging.getLogger(__name__)

FIRST_RETRY_SECONDS, RETRY_CAP_SECONDS = 0.5, 30.0

MESSAGE_EACH_SECONDS = 10.0
"""What a stranger says is no more than that much of the log."""


class UpstreamLink:
    """`check` raises EncodingError or UpstreamTooEasy for work that is not to be used; `on_change` hears of
    everything else."""

    def __init__(
        self,
        pool: str,
        upstream: UpstreamPool,
        version_mask: int,
        pace: UpstreamPace,
        choice_pace: ChoicePace,
        check: Callable[[UpstreamWork], None],
        on_change: Callable[[], None],
    ) -> None:
        self.upstream = upstream
        self.standing = Standing()
        self.since_ms = 0  # it gives work; 0 while it gives none
        self.trouble = ""
        self._pool = pool
        self._version_mask = version_mask
        self._asks_for_mask = True
        self._pace = pace
        self._choice_pace = choice_pace
        self._check = check
        self._on_change = on_change
        self._work: UpstreamWork | None = None
        self._is_taken = False
        self._is_in_use = False  # our miners have jobs of this connection
        self._connection: UpstreamConnection | None = None
        self._patience = Patience(FIRST_RETRY_SECONDS, RETRY_CAP_SECONDS)
        self._next_message_at = 0.0  # the next one that the log is told, monotonic seconds

    def offered(self, *, anew: bool) -> UpstreamWork | None:
        """The newest work; None where it was taken before and is not wanted `anew`."""
        return self._work if anew or not self._is_taken else None

    def taken(self) -> None:
        """What was offered goes to our miners."""
        self._is_taken = self._is_in_use = True

    async def submit(self, params: list[str]) -> Answered | None:
        """Hand in a share; None when no answer came."""
        return await self._connection.submit(params) if self._connection is not None else None

    def begin(self) -> None:
        """It is about to run."""
        self.standing = Standing(down_since=time.monotonic())
        self._patience.reset()

    async def run(self) -> None:
        """Keep a connection for ever. Cancelled, it is closed."""
        home = (self.upstream.host, self.upstream.port)
        host, port = home
        try:
            while True:
                mask = self._version_mask if self._asks_for_mask else 0
                self._connection = UpstreamConnection(self.upstream, mask, self._pace, self._take)
                ending = await self._connection.last(host, port)
                had_work = self._work is not None
                if ending.why == CLOSED and not had_work:
                    # Some pools hang up on whoever begins with mining.configure.
                    self._asks_for_mask = not self._asks_for_mask
                self._lost(ending)
                host, port = await self._before_the_next(ending.reconnect if had_work else None, home)
        finally:
            self._forget()
            self.standing = Standing()

    def _take(self, said: UpstreamWork | MessageShown) -> None:
        """What the connection heard."""
        if isinstance(said, MessageShown):
            self._show(said)
            return
        self._check(said)
        replaced = None if self._is_taken else self._work
        if replaced is not None and self._is_in_use:
            PASSED_OVER.labels(self._pool, self.upstream.name).inc()
        clean_jobs = said.clean_jobs or (replaced is not None and replaced.clean_jobs)
        self._work, self._is_taken = replace(said, clean_jobs=clean_jobs), False
        if not self.standing.is_ready():
            self._ready()
        self._on_change()

    def _show(self, message: MessageShown) -> None:
        MESSAGES.labels(self._pool, self.upstream.name).inc()
        now = time.monotonic()
        if now >= self._next_message_at:
            self._next_message_at = now + MESSAGE_EACH_SECONDS
            log.info("message of the upstream pool", extra={**self._facts(), "text": message.text})

    def _ready(self) -> None:
        self.standing = self.standing.found(time.monotonic())
        self.since_ms = time.time_ns() // 1_000_000
        self.trouble = ""
        READY.labels(self._pool, self.upstream.name).set(1)
        log.info("the upstream pool gives work", extra=self._facts())

    def _lost(self, ending: Ending) -> None:
        now = time.monotonic()
        if self.standing.is_steady(now, self._choice_pace):
            self._patience.reset()
        self.standing = self.standing.lost(now, self._choice_pace)
        self._forget()
        self.trouble = f"{ending.why}: {ending.detail}"
        ENDED.labels(self._pool, self.upstream.name, ending.why).inc()
        level = logging.WARNING if self._patience.tries == 0 else logging.DEBUG
        facts = {**self._facts(), "why": ending.why, "detail": ending.detail}
        log.log(level, "no work from the upstream pool", extra=facts)
        self._on_change()

    def _forget(self) -> None:
        self._work, self._connection, self.since_ms = None, None, 0
        self._is_in_use = False
        READY.labels(self._pool, self.upstream.name).set(0)

    async def _before_the_next(self, asked: ReconnectAsked | None, home: tuple[str, int]) -> tuple[str, int]:
        """Wait; where to go then. What a pool that gave work asks for is done once."""
        if asked is None or self.standing.is_fickle:
            await self._patience.wait()
        if asked is None:
            return home
        await asyncio.sleep(wait_before(asked.wait_seconds))
        there = destination(home, asked.host, asked.port)
        if there is None:
            STRANGERS.labels(self._pool, self.upstream.name).inc()
            log.warning("not going to another domain", extra={**self._facts(), "host": asked.host})
        return there or home

    def _facts(self) -> dict[str, object]:
        return {"pool": self._pool, "upstream": self.upstream.name}
