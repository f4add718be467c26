"""A look at one address: what was told, what is, and what time it is, become what is to be told. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from nompcore.requests import MinerReply
from nompcore.subscriptions import (
    CONFIRM_MS,
    HASHRATE_DROPPED,
    PAID,
    WORKER_OFFLINE,
    Subscriber,
    Subscription,
)
from services.notifier.subscribers.hashrate_seen import Average, Drop, averaged, drop_after
from services.notifier.subscribers.miner_words import MinerWords, note_id
from services.notifier.subscribers.payments_seen import new_payments, told_after
from services.notifier.subscribers.told import Note, Told, ToldOf
from services.notifier.subscribers.workers_seen import last_shares, worker_changes

CONFIRM = "confirm"
"""The event of the one note that goes to a mail box nobody has confirmed."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is, now. `trusted`: shares are counted as they come, so that silence is a miner's own."""

    reply: MinerReply
    now_ms: int
    trusted: bool

    @property
    def hashrate(self) -> float:
        """Of all its workers."""
        return sum(worker.hashrate for worker in self.reply.workers)


def after_look(subscriber: Subscriber, told: Told, look: Look, words: MinerWords) -> Told:
    """What was told when the waiting notes are; of subscriptions that have ended nothing is kept."""
    of = {one.subscription_id: told.of.get(one.subscription_id, ToldOf()) for one in subscriber.subscriptions}
    if look.trusted:
        told = _seen(told, look)
    after = {
        one.subscription_id: _told_of(one, of[one.subscription_id], told, look, words)
        for one in subscriber.subscriptions
    }
    return replace(told, of=after)


def _seen(told: Told, look: Look) -> Told:
    average = averaged(_average(told), look.hashrate, look.now_ms)
    return replace(
        told, workers=last_shares(told.workers, look.reply.workers, look.now_ms),
        average=average.value, watched_since_ms=average.since_ms, seen_ms=average.seen_ms,
    )  # fmt: skip


def _average(told: Told) -> Average:
    return Average(told.average, told.watched_since_ms, told.seen_ms)


def _told_of(one: Subscription, before: ToldOf, told: Told, look: Look, words: MinerWords) -> ToldOf:
    if not one.is_active:
        return _asked(one, before, look, words)
    if not before.looked and not look.trusted:
        return before
    after, notes = before, list[Note]()
    if look.trusted:
        after = _workers(one, after, told, look, words, notes)
        after = _hashrate(one, after, told, look, words, notes)
    after = _payments(one, after, look, words, notes)
    if not before.looked:
        return replace(after, looked=True)
    # what is not asked for is looked at as well: asked for later, only changes from then on are news
    wanted = (note for note in notes if note.event in one.events)
    return replace(after, waiting=(*before.waiting, *wanted))


def _asked(one: Subscription, before: ToldOf, look: Look, words: MinerWords) -> ToldOf:
    """The owner of a mail box is asked once for each time that somebody wishes it."""
    if before.asked_ms == one.made_ms or look.now_ms - one.made_ms > CONFIRM_MS:
        return before
    note = _note(one, CONFIRM, str(one.made_ms), words.confirm(), look)
    return replace(before, asked_ms=one.made_ms, waiting=(*before.waiting, note))


def _workers(
    one: Subscription, before: ToldOf, told: Told, look: Look, words: MinerWords, notes: list[Note]
) -> ToldOf:
    changes = worker_changes(before.offline, told.workers, one.offline_minutes, look.now_ms)
    if changes.gone:
        text = words.offline(changes.gone, one.offline_minutes)
        notes.append(_note(one, WORKER_OFFLINE, f"{look.now_ms} gone", text, look))
    if changes.back:
        notes.append(_note(one, WORKER_OFFLINE, f"{look.now_ms} back", words.back(changes.back), look))
    return replace(before, offline=changes.offline)


def _hashrate(
    one: Subscription, before: ToldOf, told: Told, look: Look, words: MinerWords, notes: list[Note]
) -> ToldOf:
    average = _average(told)
    drop = Drop(before.low_since_ms, before.dropped)
    after = drop_after(drop, look.hashrate, average, one.drop_percent, look.now_ms)
    if after.told != drop.told:
        say = words.dropped if after.told else words.recovered
        text = say(look.hashrate, average.value)
        notes.append(_note(one, HASHRATE_DROPPED, str(look.now_ms), text, look))
    return replace(before, low_since_ms=after.low_since_ms, dropped=after.told)


def _payments(one: Subscription, before: ToldOf, look: Look, words: MinerWords, notes: list[Note]) -> ToldOf:
    payments = look.reply.payments
    new = new_payments(before.payments, payments)
    notes.extend(_note(one, PAID, payment.payment_id, words.paid(payment), look) for payment in new)
    return replace(before, payments=told_after(before.payments, payments))


def _note(one: Subscription, event: str, what: str, text: str, look: Look) -> Note:
    name = note_id(one.subscription_id, event, what)
    return Note(note_id=name, event=event, text=text, time_ms=look.now_ms)
