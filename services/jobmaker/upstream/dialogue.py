"""One connection's conversation with an upstream pool: from the first request to work, and on. Pure.

All requests of the beginning go out at once: a pool that does not know mining.configure or
mining.extranonce.subscribe may never answer them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from nompcore.upstream_job import UpstreamNotify, UpstreamTerms
from services.jobmaker.upstream.events import (
    Answered,
    Asked,
    Authorized,
    Configured,
    DifficultyChanged,
    Event,
    ExtranonceChanged,
    MessageShown,
    ReconnectAsked,
    Subscribed,
    VersionMaskChanged,
)
from services.jobmaker.upstream.protocol import UpstreamProtocol


class UpstreamRefuses(Exception):  # noqa: N818 - it says what is the case
    """Our login is not wanted."""


@dataclass(frozen=True, slots=True)
class UpstreamWork:
    """A job of the upstream pool and the terms that count for its shares.

    `clean_jobs`: shares of earlier jobs are worth nothing there, whatever the notify says.
    """

    notify: UpstreamNotify
    terms: UpstreamTerms
    clean_jobs: bool


Said = UpstreamWork | Answered | MessageShown | ReconnectAsked | Asked
"""What the shell has to do something about."""


class UpstreamDialogue:
    """The state of one connection."""

    def __init__(self, user: str, password: str, version_mask: int) -> None:
        self.protocol = UpstreamProtocol()
        self._user = user
        self._password = password
        self._our_mask = version_mask
        self._terms: UpstreamTerms | None = None  # before the subscription
        self._difficulty = 1.0
        self._mask = 0
        self._authorized = False
        self._notify: UpstreamNotify | None = None
        self._is_new = True  # what follows is worth nothing together with what was

    def begin(self) -> bytes:
        """The requests that lead to work."""
        configure = self.protocol.configure(self._our_mask) if self._our_mask else b""
        subscribe = self.protocol.subscribe() + self.protocol.follow_extranonce()
        return configure + subscribe + self.protocol.authorize(self._user, self._password)

    def receive(self, data: bytes) -> list[Said]:
        """What came of it. Raises UpstreamGarbled or UpstreamRefuses."""
        said = (self._follow(event) for event in self.protocol.feed(data))
        return [one for one in said if one is not None]

    def submit(self, params: list[str]) -> tuple[int, bytes]:
        """A share without its user: the number of its answer, and the line."""
        return self.protocol.submit([self._user, *params])

    def give_up(self, number: int) -> None:
        """An answer is not waited for any longer, or has come."""
        self.protocol.give_up(number)

    def _follow(self, event: Event) -> Said | None:
        match event:
            case UpstreamNotify():
                self._notify = event
                return self._work()
            case Subscribed() | ExtranonceChanged():
                return self._take_extranonce(event)
            case Authorized():
                return self._take_login(event)
            case DifficultyChanged():
                self._difficulty = event.difficulty
            case Configured() | VersionMaskChanged():
                return self._take_mask(event.version_mask & self._our_mask)
            case _:
                return event
        return None

    def _take_login(self, answer: Authorized) -> Said | None:
        if not answer.accepted:
            raise UpstreamRefuses(answer.error or "the login is refused")
        self._authorized = True
        return self._work()

    def _take_extranonce(self, event: Subscribed | ExtranonceChanged) -> Said | None:
        """The change counts from the next job on; the first subscription's may be there already."""
        first = self._terms is None
        terms = UpstreamTerms(event.extranonce1, event.extranonce2_size)
        if terms != self._terms:
            self._terms, self._is_new = terms, True
        return self._work() if first else None

    def _take_mask(self, mask: int) -> Said | None:
        """It counts at once: shares of the last job are rolled within it, so the job goes out anew."""
        changed, self._mask = mask != self._mask, mask
        self._is_new = self._is_new or changed
        return self._work() if changed else None

    def _work(self) -> UpstreamWork | None:
        if self._notify is None or self._terms is None or not self._authorized:
            return None
        terms = replace(self._terms, difficulty=self._difficulty, version_mask=self._mask)
        clean_jobs, self._is_new = self._is_new or self._notify.clean_jobs, False
        return UpstreamWork(self._notify, terms, clean_jobs)
