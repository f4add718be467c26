"""What miners are told: each change once, and nothing without a change."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from nompcore.requests import MinerPayment, MinerReply, MinerWorker
from nompcore.subscriptions import CONFIRM_MS, Subscriber
from services.notifier.subscribers import miner_words
from services.notifier.subscribers.hashrate_seen import DAY_MS, GRACE_MS, WARM_MS, Average, averaged
from services.notifier.subscribers.looking import Look, after_look
from services.notifier.subscribers.miner_words import MinerWords
from services.notifier.subscribers.post_box import due
from services.notifier.subscribers.told import Note, Told
from tests.unit.miner_samples import ADDRESS, MINUTE_MS, NOW_MS, URL, subscriber, subscription

WORDS = MinerWords("litecoin", ADDRESS, "LTC", 8)


def worker(name: str, last_share_ms: int, hashrate: float = 0.0) -> MinerWorker:
    return MinerWorker(
        worker=f"{ADDRESS}.{name}", hashrate=hashrate, shares=0.0, valid=1, invalid={},
        best_share_difficulty=1.0, last_share_ms=last_share_ms, ip="",
    )  # fmt: skip


def payment(name: str, state: str = "broadcast") -> MinerPayment:
    return MinerPayment(
        payment_id=name, txid_display="cd" * 32, amount_sats=150_000_000, state=state, time_ms=NOW_MS
    )


class Watched:
    """One address looked at again and again; `look` gives the texts that are new."""

    def __init__(self, who: Subscriber | None = None) -> None:
        self.who = who or subscriber()
        self.told = Told()

    def look(
        self,
        now_ms: int,
        *workers: MinerWorker,
        payments: list[MinerPayment] | None = None,
        trusted: bool = True,
    ) -> list[str]:
        reply = MinerReply(address=ADDRESS, known=True, workers=list(workers), payments=payments or [])
        before = self.waiting
        self.told = after_look(self.who, self.told, Look(reply, now_ms, trusted), WORDS)
        return [note.text.partition(": ")[2] for note in self.waiting[len(before) :]]

    @property
    def waiting(self) -> tuple[Note, ...]:
        return next(iter(self.told.of.values())).waiting if self.told.of else ()


def test_a_worker_that_falls_silent_and_comes_back_is_told_once_each() -> None:
    watched, silent_ms = Watched(), 15 * MINUTE_MS

    assert watched.look(NOW_MS, worker("r1", NOW_MS), worker("r2", NOW_MS)) == []
    assert watched.look(NOW_MS + silent_ms - 1, worker("r1", NOW_MS), worker("r2", NOW_MS + 5)) == []
    later = NOW_MS + silent_ms
    assert watched.look(later, worker("r1", NOW_MS), worker("r2", later)) == [
        "no share for 15 minutes from r1"
    ]
    assert watched.look(later + MINUTE_MS, worker("r1", NOW_MS), worker("r2", later)) == []
    # one that payouts has forgotten is still silent
    assert watched.look(later + MINUTE_MS, worker("r2", later + MINUTE_MS)) == []
    assert watched.look(later + 2 * MINUTE_MS, worker("r1", later), worker("r2", later)) == [
        "shares again from r1"
    ]
    assert watched.look(later + 3 * MINUTE_MS, worker("r1", later), worker("r2", later)) == []


def test_what_was_so_before_the_first_look_is_no_news() -> None:
    watched = Watched()

    assert watched.look(NOW_MS, worker("old", 1), payments=[payment("p1")]) == []
    assert watched.look(NOW_MS + MINUTE_MS, worker("old", 1), payments=[payment("p1")]) == []
    assert watched.look(NOW_MS + MINUTE_MS, worker("old", NOW_MS)) == ["shares again from old"]


def test_nobody_is_called_silent_while_shares_are_not_counted() -> None:
    watched, later = Watched(), NOW_MS + 3600_000
    watched.look(NOW_MS, worker("r1", NOW_MS))

    assert watched.look(later, worker("r1", NOW_MS), trusted=False) == []
    assert watched.look(later + 1, worker("r1", later)) == []


def test_each_payment_is_told_once_when_it_is_sent() -> None:
    watched = Watched()
    watched.look(NOW_MS, payments=[payment("p1")])

    assert watched.look(NOW_MS + 1, payments=[payment("p2", "signed"), payment("p1")]) == []
    assert watched.look(NOW_MS + 2, payments=[payment("p2"), payment("p1", "confirmed")]) == [
        "paid 1.50000000 LTC in transaction " + "cd" * 32
    ]
    assert watched.look(NOW_MS + 3, payments=[payment("p2", "confirmed"), payment("p1")]) == []
    assert watched.look(NOW_MS + 4) == []
    assert len(watched.look(NOW_MS + 5, payments=[payment("p4"), payment("p3"), payment("p2")])) == 2


def test_a_hashrate_that_stays_low_is_told_once_and_once_when_it_is_back() -> None:
    watched, now_ms = Watched(subscriber(events=["hashrate-dropped"])), NOW_MS

    def minutes(count: int, hashrate: float) -> list[str]:
        nonlocal now_ms
        told: list[str] = []
        for _ in range(count):
            now_ms += MINUTE_MS
            told += watched.look(now_ms, worker("r1", now_ms, hashrate))
        return told

    assert minutes(WARM_MS // MINUTE_MS + 2, 1e6) == []
    assert minutes(GRACE_MS // MINUTE_MS, 0.4e6) == []
    assert minutes(1, 1e6) == []  # a short drop is luck
    dropped = minutes(2 * GRACE_MS // MINUTE_MS, 0.4e6)
    assert [text[:30] for text in dropped] == ["hashrate dropped to 400 kH/s, "]
    assert minutes(20, 0.6e6) == []  # neither low nor back
    assert [text[:28] for text in minutes(20, 1e6)] == ["hashrate is 1 MH/s again, it"]
    assert minutes(20, 1e6) == []


def test_a_new_address_has_no_average_to_fall_below() -> None:
    watched = Watched()
    for minute in range(60):
        hashrate = 1e6 if minute < 30 else 1.0
        assert (
            watched.look(NOW_MS + minute * MINUTE_MS, worker("r1", NOW_MS + minute * MINUTE_MS, hashrate))
            == []
        )


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=30), st.integers(1, DAY_MS))
def test_an_average_lies_between_what_was_seen(hashrates: list[int], step_ms: int) -> None:
    average = Average(0.0, 0, 0)
    for number, hashrate in enumerate(hashrates):
        average = averaged(average, hashrate, NOW_MS + number * step_ms)

    assert min(hashrates) - 1e-3 <= average.value <= max(hashrates) + 1e-3


LOOKS = st.lists(
    st.tuples(st.integers(0, 40), st.sets(st.sampled_from(["r1", "r2"])), st.booleans()), max_size=25
)


@given(LOOKS)
def test_silence_and_return_alternate_for_each_worker(looks: list[tuple[int, set[str], bool]]) -> None:
    watched, now_ms = Watched(subscriber(events=["worker-offline"])), NOW_MS
    last = {"r1": NOW_MS, "r2": NOW_MS}
    watched.look(now_ms, *(worker(name, last[name]) for name in last))
    is_silent = dict.fromkeys(last, False)
    for minutes, active, trusted in looks:
        now_ms += minutes * MINUTE_MS
        last |= dict.fromkeys(active, now_ms)
        texts = watched.look(now_ms, *(worker(name, last[name]) for name in last), trusted=trusted)
        for name in last:
            told = [text for text in texts if name in text]
            expected = now_ms - last[name] >= 15 * MINUTE_MS if trusted else is_silent[name]
            assert len(told) == (expected != is_silent[name])
            is_silent[name] = expected


def test_a_mail_box_is_asked_once_and_told_nothing_else() -> None:
    mail = {"channel": "mail", "target": "me@example.org", "confirm_token": "yes"}
    watched = Watched(subscriber(**mail))
    watched.look(NOW_MS, worker("r1", NOW_MS))
    watched.look(NOW_MS + MINUTE_MS, worker("r1", NOW_MS))
    watched.look(NOW_MS + 3600_000, worker("r1", NOW_MS), payments=[payment("p1")])
    (letter,) = due(watched.told, watched.who, URL, NOW_MS + 3600_000)

    assert letter.note.event == "confirm"
    assert letter.link == f"{URL}/api/v1/confirm?token=yes"
    late = Watched(subscriber(**mail, made_ms=NOW_MS - CONFIRM_MS - 1))
    assert late.look(NOW_MS) == []


def test_what_has_ended_is_forgotten() -> None:
    watched = Watched()
    watched.look(NOW_MS, worker("r1", NOW_MS))
    watched.who = replace(watched.who, subscriptions=[subscription(subscription_id="b" * 16)])
    watched.look(NOW_MS, worker("r1", NOW_MS))

    assert list(watched.told.of) == ["b" * 16]


@pytest.mark.parametrize("rig", ["https://evil.example/claim", "evil.example", "www.evil.example:8080"])
def test_no_link_is_made_of_a_workers_name(rig: str) -> None:
    text = WORDS.offline([f"{ADDRESS}.{rig}"], 15)

    assert "//" not in text
    assert ".example" not in text


def test_a_workers_plain_name_is_told_as_it_is() -> None:
    assert WORDS.offline([f"{ADDRESS}.rig-1.2"], 15).endswith("from rig-1.2")


def test_names_of_workers_cannot_speak() -> None:
    many = [f"{ADDRESS}.rig{number}" for number in range(12)]

    assert (
        WORDS.offline([f"{ADDRESS}.<@everyone>\n*"], 15)
        == "litecoin Lme: no share for 15 minutes from ??everyone???"
    )
    assert WORDS.back(many).endswith("rig9 and 2 more")
    assert doctest.testmod(miner_words).failed == 0
