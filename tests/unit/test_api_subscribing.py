"""Texts to sign, links in messages, and what is kept of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.subscriptions import CONFIRM_MS, EVENTS, MAX_SUBSCRIPTIONS, Subscriber, Subscription, is_target
from services.api.subscribing.challenge import (
    VALID_MS,
    Challenge,
    NotTaken,
    challenge_text,
    read_challenge,
)
from services.api.subscribing.links import Named, Purpose, read_token, token_of
from services.api.subscribing.subscribers import added, confirmed, ended
from services.api.subscribing.wants import EndAll, MinimumPayment, Subscribe, read_want

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
NOW_MS = 1_764_000_000_000

SUBSCRIBES = st.builds(
    Subscribe,
    st.just("webhook"),
    st.from_regex(r"\Ahttps://[a-z]{1,9}\.example/[A-Za-z0-9?&=]{0,9}\Z"),
    st.lists(st.sampled_from(EVENTS), min_size=1, unique=True).map(tuple),
    st.integers(5, 1440),
    st.integers(10, 90),
)
MINIMUMS = st.builds(MinimumPayment, st.decimals(0, 10**9, places=8))
CHALLENGES = st.builds(
    Challenge,
    st.just("pool.example"),
    st.from_regex(r"\A[a-z0-9-]{1,20}\Z"),
    st.from_regex(r"\A[A-Za-z0-9:_-]{1,90}\Z"),
    SUBSCRIBES | MINIMUMS | st.just(EndAll()),
    st.integers(0, 2**31).map(lambda seconds: seconds * 1000),
    st.from_regex(r"\A[0-9a-f]{32}\Z"),
)


@given(CHALLENGES, st.integers(-VALID_MS, VALID_MS))
def test_a_text_says_what_was_asked_until_its_time_is_over(challenge: Challenge, later_ms: int) -> None:
    text = challenge_text(challenge, KEY)

    assert read_challenge(text, KEY, challenge.time_ms + later_ms) == challenge
    assert "\n" not in text


@given(CHALLENGES, st.integers(1, 2**40), st.sampled_from([-1, 1]))
def test_outside_of_its_time_it_is_not_taken(challenge: Challenge, more_ms: int, side: int) -> None:
    now_ms = challenge.time_ms + side * (VALID_MS + more_ms)

    assert read_challenge(challenge_text(challenge, KEY), KEY, now_ms) is NotTaken.EXPIRED


@given(CHALLENGES, st.data())
def test_a_text_that_was_changed_is_not_ours(challenge: Challenge, data: st.DataObject) -> None:
    text = challenge_text(challenge, KEY)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters().filter(lambda character: character != text[place]))
    changed = text[:place] + other + text[place + 1 :]

    assert read_challenge(changed, KEY, challenge.time_ms) is NotTaken.FOREIGN
    assert read_challenge(text, OTHER_KEY, challenge.time_ms) is NotTaken.FOREIGN


@given(st.text())
def test_junk_is_not_ours(text: str) -> None:
    assert read_challenge(text, KEY, NOW_MS) is NotTaken.FOREIGN
    assert read_want(text) is None
    assert read_token(Purpose.END, text, KEY) is None


def test_half_a_surrogate_pair_is_not_ours() -> None:
    text = challenge_text(Challenge("pool.example", "ltc", "Lme", EndAll(), NOW_MS, "0" * 32), KEY)

    assert read_challenge(text.replace("pool", "\ud800"), KEY, NOW_MS) is NotTaken.FOREIGN


def test_the_words_that_are_signed() -> None:
    want = Subscribe("mail", "me@example.org", ("worker-offline", "paid"), 15, 50)
    challenge = Challenge("pool.example", "litecoin", "Lme", want, NOW_MS, "0" * 32)

    assert challenge_text(challenge, KEY).rpartition(" ")[0] == (
        "pool.example: I own Lme at the pool litecoin and ask: subscribe mail:me@example.org to "
        "worker-offline, paid (offline after 15 min, drop of 50 %) [2025-11-24T16:00:00Z " + "0" * 32
    )
    assert str(MinimumPayment(Decimal("2.50"))) == "minimum-payment 2.50"


@pytest.mark.parametrize(
    ("channel", "target", "fits"),
    [
        ("mail", "me+pool@mail.example.org", True),
        ("mail", "me@example.org,you@example.org", False),
        ("mail", "me@example.org?bcc=you@example.org", False),
        ("mail", "me@localhost", False),
        ("ntfy", "my-rigs_1", True),
        ("ntfy", "my/rigs", False),
        ("discord", "https://discord.com/api/webhooks/123456789/" + "t" * 68, True),
        ("discord", "https://discord.com.evil.example/api/webhooks/123456789/" + "t" * 68, False),
        ("slack", "https://hooks.slack.com/services/T0/B0/xyz", True),
        ("slack", "https://hooks.slack.com@evil.example/services", False),
        ("telegram", "123456:" + "A" * 35 + "/-100123", True),
        ("telegram", "123456:" + "A" * 35 + "/../x", False),
        ("webhook", "https://example.org:8443/hook?a=1", True),
        ("webhook", "http://[2001:db8::1]/", True),
        ("webhook", "https://user:secret@example.org/", False),
        ("webhook", "file:///etc/passwd", False),
        ("webhook", "https://example.org/'$(reboot)'", False),
        ("webhook", "https://example.org/" + "a" * 300, False),
        ("pigeon", "home", False),
    ],
)
def test_how_targets_are_written(channel: str, target: str, fits: bool) -> None:
    assert is_target(channel, target) is fits


def test_a_link_does_one_thing_to_one_subscription() -> None:
    named = Named("litecoin." + "0" * 32, "1" * 16)
    token = token_of(Purpose.END, named, KEY)

    assert read_token(Purpose.END, token, KEY) == named
    assert read_token(Purpose.CONFIRM, token, KEY) is None
    assert read_token(Purpose.END, token, OTHER_KEY) is None
    assert read_token(Purpose.END, token.replace("1" * 16, "2" * 16), KEY) is None


def subscription(name: str, *, target: str = "", made_ms: int = NOW_MS, mail: bool = False) -> Subscription:
    return Subscription(
        subscription_id=name,
        channel="mail" if mail else "ntfy",
        target=target or name,
        events=["paid"],
        offline_minutes=15,
        drop_percent=50,
        made_ms=made_ms,
        end_token=f"end {name}",
        confirm_token=f"confirm {name}" if mail else "",
    )


NOBODY = Subscriber(pool="litecoin", address="Lme")


def names(subscriber: Subscriber | None) -> list[str]:
    return [one.subscription_id for one in subscriber.subscriptions] if subscriber else []


def test_an_address_has_only_so_many_subscriptions() -> None:
    subscriber: Subscriber | None = NOBODY
    for number in range(MAX_SUBSCRIPTIONS):
        assert subscriber is not None
        subscriber = added(subscriber, subscription(str(number)))

    assert subscriber is not None
    assert added(subscriber, subscription("more")) is None
    assert names(added(subscriber, subscription("again", target="0"))) == ["1", "2", "3", "4", "0"]
    assert names(added(ended(subscriber, "3"), subscription("more"))) == ["0", "1", "2", "4", "more"]


def test_the_same_place_again_keeps_its_name_and_its_confirmation() -> None:
    first = added(NOBODY, subscription("a", target="me", mail=True))
    assert first is not None
    settled = confirmed(first, "a", NOW_MS + 1)
    assert settled is not None
    again = added(settled, subscription("b", target="me", mail=True, made_ms=NOW_MS + 2))
    assert again is not None
    (one,) = again.subscriptions

    assert (one.subscription_id, one.end_token, one.confirmed_ms) == ("a", "end a", NOW_MS + 1)
    assert one.made_ms == NOW_MS + 2


def test_mail_that_nobody_confirms_in_time_is_forgotten() -> None:
    waiting = added(NOBODY, subscription("a", mail=True))
    assert waiting is not None
    assert not waiting.subscriptions[0].is_active
    assert confirmed(waiting, "a", NOW_MS + CONFIRM_MS + 1) is None
    assert confirmed(waiting, "b", NOW_MS) is None
    in_time = confirmed(waiting, "a", NOW_MS + CONFIRM_MS)
    assert in_time is not None
    assert in_time.subscriptions[0].is_active
    assert names(added(waiting, subscription("b", made_ms=NOW_MS + CONFIRM_MS + 1))) == ["b"]
