"""News to a URL: a JSON POST, repeated with growing pauses a bounded number of times."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from typing import Any

import httpx
import msgspec
from pydantic import SecretStr

from nompcore.errors import NompError
from nompcore.messages import Message
from services.notifier.metrics import DELIVERED, DELIVERY_FAILURES, GIVEN_UP
from services.notifier.rules import News

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10.0

# Pauses of 1, 2, 4 … 64 s: a receiver that restarts is waited for, one gone for good does not hold the queue.
ATTEMPTS = 8
FIRST_PAUSE_SECONDS = 1.0

TOO_MANY_REQUESTS, REQUEST_TIMEOUT = 429, 408


def channel_name(url: str) -> str:
    """A name for a URL that says nothing of it: URLs of chats hold tokens. Stable, so its queue is too."""
    return "webhook-" + hashlib.sha256(url.encode()).hexdigest()[:8]


def webhook_body(news: News, message: Message) -> dict[str, Any]:
    """What is posted. `text` and `content` are what Slack-like and Discord-like receivers show."""
    return {
        "event": news.event,
        "pool": news.pool,
        "alarm": news.is_alarm,
        "time_ms": news.time_ms,
        "text": news.text,
        "content": news.text,
        "data": msgspec.to_builtins(message),
    }


class DeliveryInterrupted(NompError):  # noqa: N818  (what happened, not a fault)
    """The service stops while news wait for their next attempt."""


class Webhook:
    """One URL."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: SecretStr,
        stop: asyncio.Event,
        *,
        first_pause_seconds: float = FIRST_PAUSE_SECONDS,
    ) -> None:
        self.name = channel_name(url.get_secret_value())
        self._client = client
        self._url = url
        self._stop = stop
        self._first_pause_seconds = first_pause_seconds

    async def deliver(self, news: News, message: Message) -> None:
        """Return when the receiver has taken the news or all attempts are used up (counted).

        Raises DeliveryInterrupted when the service stops before that: the news come again after its restart.
        """
        body = webhook_body(news, message)
        for attempt in range(ATTEMPTS):
            if attempt:
                await self._pause(self._first_pause_seconds * 2 ** (attempt - 1))
            status = await self._post(body)
            if status is not None and status < 300:
                DELIVERED.labels(self.name).inc()
                return
            DELIVERY_FAILURES.labels(self.name).inc()
            if is_final(status):
                break
        GIVEN_UP.labels(self.name).inc()
        log.error("news not delivered", extra={"channel": self.name, "event": news.event, "status": status})

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stop.wait()
                raise DeliveryInterrupted(f"{self.name}: stopped between two attempts")

    async def _post(self, body: dict[str, Any]) -> int | None:
        """The answer's status, None when there was none. The URL stays out of every log."""
        try:
            async with self._client.stream("POST", self._url.get_secret_value(), json=body) as response:
                return response.status_code
        except httpx.HTTPError as error:
            kind = type(error).__name__
            log.warning("webhook did not answer", extra={"channel": self.name, "error": kind})
            return None


def is_final(status: int | None) -> bool:
    """True for an answer that a repetition will not change: the receiver refuses the request itself."""
    return status is not None and 300 <= status < 500 and status not in (REQUEST_TIMEOUT, TOO_MANY_REQUESTS)
