"""Notes on their way: which are due, and what is kept of them after a try. Pure.

A receiver that is away is tried again with growing pauses for a day. All its notes wait, so that it is asked
once a pause and hears them in order; notes of others do not wait for it.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from nompcore.subscriptions import Subscriber, Subscription
from services.notifier.subscribers.channel_requests import Letter
from services.notifier.subscribers.looking import CONFIRM
from services.notifier.subscribers.outlets import Outcome
from services.notifier.subscribers.told import Note, Told

MINUTE_MS = 60_000
LONGEST_PAUSE_MS = 60 * MINUTE_MS

GIVE_UP_MS = 24 * 60 * MINUTE_MS
"""Nobody wants to know any more."""

MAX_WAITING = 20
"""Of one subscription; the oldest go first."""


def due(told: Told, subscriber: Subscriber, public_url: str, now_ms: int) -> list[Letter]:
    """What is to be sent now, the oldest of each subscription first."""
    return [
        Letter(subscriber, one, note, link_of(one, note, public_url))
        for one in subscriber.subscriptions
        if one.subscription_id in told.of
        for note in told.of[one.subscription_id].waiting
        if note.next_ms <= now_ms
    ]


def link_of(one: Subscription, note: Note, public_url: str) -> str:
    """The link under a note: it ends the subscription, or asks whether there shall be one."""
    if note.event == CONFIRM:
        return f"{public_url}/api/v1/confirm?token={one.confirm_token}"
    return f"{public_url}/api/v1/unsubscribe?token={one.end_token}"


def after_try(told: Told, letter: Letter, outcome: Outcome, now_ms: int) -> Told:
    """What waits when a letter was tried."""
    tried, name = letter.note, letter.subscription.subscription_id
    waiting = told.of[name].waiting
    if outcome is not Outcome.LATER:
        return _with(told, name, [note for note in waiting if note.note_id != tried.note_id])
    next_ms = now_ms + min(MINUTE_MS * 2**tried.tries, LONGEST_PAUSE_MS)
    after = (_later(note, next_ms, note.tries + (note.note_id == tried.note_id)) for note in waiting)
    return _with(told, name, after)


def without_stale(told: Told, now_ms: int) -> tuple[Told, list[tuple[str, Note]]]:
    """What waits without what nobody wants any more; and that, with the subscriptions it was for."""
    dropped: list[tuple[str, Note]] = []
    for name, of in told.of.items():
        newest = of.waiting[-MAX_WAITING:]
        left = [note for note in newest if now_ms - note.time_ms <= GIVE_UP_MS]
        dropped += ((name, note) for note in of.waiting if note not in left)
        told = _with(told, name, left) if len(left) < len(of.waiting) else told
    return told, dropped


def is_due(told: Told, letter: Letter, now_ms: int) -> bool:
    """Whether a letter is still to be sent, after others were."""
    notes = told.of[letter.subscription.subscription_id].waiting
    return any(note.note_id == letter.note.note_id and note.next_ms <= now_ms for note in notes)


def _later(note: Note, next_ms: int, tries: int) -> Note:
    return replace(note, tries=tries, next_ms=max(note.next_ms, next_ms))


def _with(told: Told, name: str, waiting: Iterable[Note]) -> Told:
    return replace(told, of={**told.of, name: replace(told.of[name], waiting=tuple(waiting))})
