"""What is sent to miners: when, in which words of each channel, and to where it must not go."""

from __future__ import annotations

import doctest
import ipaddress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from nompcore.subscriptions import TARGETS, Subscriber
from services.notifier.subscribers import mail_box
from services.notifier.subscribers.channel_requests import REQUESTS, Letter, request_of
from services.notifier.subscribers.outlets import Outcome, outcome_of
from services.notifier.subscribers.post_box import (
    GIVE_UP_MS,
    LONGEST_PAUSE_MS,
    MAX_WAITING,
    after_try,
    due,
    is_due,
    without_stale,
)
from services.notifier.subscribers.public_address import may_reach
from services.notifier.subscribers.told import Note, Told, ToldOf
from tests.unit.miner_samples import ADDRESS, MINUTE_MS, NOW_MS, URL, subscriber, subscription


def waiting(*notes: Note) -> Told:
    return Told(of={"a" * 16: ToldOf(looked=True, waiting=notes)})


def note(name: str, **changes: Any) -> Note:
    return replace(Note(note_id=name, event="paid", text=f"litecoin {name}", time_ms=NOW_MS), **changes)


def test_the_notes_of_one_place_wait_longer_after_each_failure() -> None:
    told, who, now_ms, pauses = waiting(note("n1"), note("n2")), subscriber(), NOW_MS, list[int]()
    for _ in range(9):
        first, second = due(told, who, URL, now_ms)
        told = after_try(told, first, Outcome.LATER, now_ms)
        assert not is_due(told, second, now_ms)
        assert due(told, who, URL, now_ms) == []
        pauses.append(told.of["a" * 16].waiting[0].next_ms - now_ms)
        now_ms += pauses[-1]

    assert pauses == [min(MINUTE_MS * 2**tries, LONGEST_PAUSE_MS) for tries in range(9)]
    for outcome in (Outcome.TAKEN, Outcome.REFUSED):
        told = after_try(told, due(told, who, URL, now_ms)[0], outcome, now_ms)
    assert due(told, who, URL, now_ms) == []


def test_another_place_does_not_wait() -> None:
    both = [subscription(), subscription(subscription_id="b" * 16)]
    of = {one.subscription_id: ToldOf(looked=True, waiting=(note("n1"),)) for one in both}
    told, who = Told(of=of), Subscriber(pool="litecoin", address=ADDRESS, subscriptions=both)
    first, second = due(told, who, URL, NOW_MS)

    assert is_due(after_try(told, first, Outcome.LATER, NOW_MS), second, NOW_MS)


def test_notes_that_nobody_wants_any_more_are_dropped_and_told_of() -> None:
    old = note("old", time_ms=NOW_MS - GIVE_UP_MS - 1)
    many = [note(str(number)) for number in range(MAX_WAITING + 2)]
    told, dropped = without_stale(waiting(old, *many), NOW_MS)

    assert [one.note_id for _, one in dropped] == ["old", "0", "1"]
    assert len(told.of["a" * 16].waiting) == MAX_WAITING
    assert without_stale(told, NOW_MS) == (told, [])


TARGET_OF = {
    "ntfy": ("my-rigs", "https://ntfy.sh/"),
    "discord": ("https://discord.com/api/webhooks/1/t", "https://discord.com/api/webhooks/1/t"),
    "slack": ("https://hooks.slack.com/services/T", "https://hooks.slack.com/services/T"),
    "telegram": ("123:AB/-100", "https://api.telegram.org/bot123:AB/sendMessage"),
    "webhook": ("https://example.org/hook", "https://example.org/hook"),
}


@pytest.mark.parametrize("channel", sorted(TARGET_OF))
def test_what_each_channel_is_posted(channel: str) -> None:
    target, url = TARGET_OF[channel]
    one = subscription(channel=channel, target=target)
    letter = Letter(subscriber(), one, note("n1"), f"{URL}/api/v1/unsubscribe?token=end")
    posted, body = request_of(letter)

    assert posted == url
    assert b"litecoin n1" in body
    assert b"/unsubscribe?token=end" in body
    assert msgspec.json.decode(body).get("id", "n1") == "n1"


def test_every_channel_has_a_way_out() -> None:
    assert {*REQUESTS, "mail"} == set(TARGETS)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (None, Outcome.LATER),
        (200, Outcome.TAKEN),
        (204, Outcome.TAKEN),
        (302, Outcome.REFUSED),
        (404, Outcome.REFUSED),
        (408, Outcome.LATER),
        (429, Outcome.LATER),
        (503, Outcome.LATER),
    ],
)
def test_what_an_answer_means(status: int | None, outcome: Outcome) -> None:
    assert outcome_of(status) is outcome


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "fec0::1",
        "192.0.0.9",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::7f00:1",
        "64:ff9b::a00:1",
        "2002:7f00:1::1",
        "not an address",
    ],
)
def test_addresses_that_a_strangers_url_must_not_reach(address: str) -> None:
    assert not may_reach(address, 443, [])


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_public_addresses_at_the_ports_of_the_web(address: str) -> None:
    assert may_reach(address, 443, [])
    assert may_reach(address, 8443, [])
    assert not may_reach(address, 25, [])
    assert not may_reach(address, 0, [])


def test_networks_of_the_operators_own_choice() -> None:
    home = ipaddress.ip_network("10.1.0.0/16")

    assert may_reach("10.1.2.3", 443, [home])
    assert not may_reach("10.2.2.3", 443, [home])
    assert not may_reach("fd00::1", 443, [home])


def test_a_mail_address_leads_to_a_box() -> None:
    assert doctest.testmod(mail_box).failed == 0


def test_a_public_address_of_this_machine_must_be_listed() -> None:
    assert not may_reach("1.1.1.1", 443, [], own=True)
    assert may_reach("1.1.1.1", 443, [ipaddress.ip_network("1.1.1.0/24")], own=True)


@given(st.ip_addresses())
def test_nothing_private_is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if address.is_private or address.is_loopback or address.is_link_local or address.is_multicast:
        assert not may_reach(str(address), 443, [])
