"""A note as each channel's receiver wants it: where to post, and what. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from nompcore.subscriptions import Subscriber, Subscription
from services.notifier.subscribers.told import Note

NTFY_URL = "https://ntfy.sh/"
NO_PREVIEWS = 4
"""Discord's flag: links are not looked at and shown."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One note to one place. `link` ends the subscription, or confirms it."""

    subscriber: Subscriber
    subscription: Subscription
    note: Note
    link: str

    @property
    def text(self) -> str:
        """All of it."""
        return f"{self.note.text}\n{self.link}"

    @property
    def title(self) -> str:
        """What it is about."""
        return f"{self.subscriber.pool}: {self.note.event}"


def request_of(letter: Letter) -> tuple[str, bytes]:
    """URL and JSON body of a letter that goes by HTTP."""
    url, body = REQUESTS[letter.subscription.channel](letter)
    return url, msgspec.json.encode(body)


def _ntfy(letter: Letter) -> tuple[str, dict[str, Any]]:
    body = {"topic": letter.subscription.target, "title": letter.title, "message": letter.note.text}
    return NTFY_URL, {**body, "click": letter.link}


def _discord(letter: Letter) -> tuple[str, dict[str, Any]]:
    mentions: dict[str, list[str]] = {"parse": []}
    body = {"content": letter.text, "allowed_mentions": mentions, "flags": NO_PREVIEWS}
    return letter.subscription.target, body


def _slack(letter: Letter) -> tuple[str, dict[str, Any]]:
    return letter.subscription.target, {"text": letter.text, "unfurl_links": False}


def _telegram(letter: Letter) -> tuple[str, dict[str, Any]]:
    token, _, chat = letter.subscription.target.partition("/")
    body = {"chat_id": chat, "text": letter.text, "disable_web_page_preview": True}
    return f"https://api.telegram.org/bot{token}/sendMessage", body


def _webhook(letter: Letter) -> tuple[str, dict[str, Any]]:
    note, subscriber = letter.note, letter.subscriber
    body = {
        "id": note.note_id,
        "event": note.event,
        "pool": subscriber.pool,
        "address": subscriber.address,
        "text": note.text,
        "time_ms": note.time_ms,
        "unsubscribe": letter.link,
    }
    return letter.subscription.target, body


REQUESTS: Mapping[str, Callable[[Letter], tuple[str, dict[str, Any]]]] = {
    "ntfy": _ntfy,
    "discord": _discord,
    "slack": _slack,
    "telegram": _telegram,
    "webhook": _webhook,
}
