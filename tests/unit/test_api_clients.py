"""Who asks the api, and how often it may."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.serving.client_address import UNKNOWN, TrustedProxies, client_group
from services.api.serving.rate_limit import Gate
from services.api.serving.token_buckets import TokenBuckets

BALANCERS = TrustedProxies(["10.0.0.0/8", "2001:db8::/32"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),  # nobody of ours: the header is just text
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.9, 198.51.100.1"], "198.51.100.1"),  # what the client itself wrote
        ("10.0.0.1", ["192.0.2.9", "198.51.100.1"], "198.51.100.1"),  # the same as two headers
        ("10.0.0.1", ["198.51.100.1, 10.0.0.2"], "198.51.100.1"),  # two proxies of ours
        ("10.0.0.1", ["rubbish"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, rubbish, 10.0.0.2"], "10.0.0.2"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("2001:db8::1", ["2a02::1"], "2a02::1"),
    ],
)
def test_only_a_listed_proxy_names_the_client(peer: str, forwarded: list[str], client: str) -> None:
    assert str(BALANCERS.client_of(peer, forwarded)) == client


def test_without_proxies_the_header_means_nothing() -> None:
    assert str(TrustedProxies([]).client_of("10.0.0.1", ["198.51.100.1"])) == "10.0.0.1"


def test_who_has_no_address_is_nobody_in_particular() -> None:
    assert client_group(TrustedProxies([]).client_of("", [])) == UNKNOWN


@given(st.ip_addresses(), st.lists(st.text(st.characters(max_codepoint=127)) | st.ip_addresses().map(str)))
def test_a_stranger_cannot_be_somebody_else(peer: ipaddress.IPv4Address, forwarded: list[str]) -> None:
    networks = TrustedProxies(["192.0.2.1"])
    if str(peer) != "192.0.2.1":
        assert networks.client_of(str(peer), forwarded) == networks.client_of(str(peer), [])


def test_an_ipv6_client_is_its_network() -> None:
    groups = {
        client_group(ipaddress.ip_address(text)) for text in ("2a02::1", "2a02::ffff:1", "2a02:0:0:1::1")
    }

    assert groups == {"2a02::/64", "2a02:0:0:1::/64"}


def test_a_burst_is_let_through_and_then_the_rate() -> None:
    buckets = TokenBuckets(rate=2, burst=3)

    assert [buckets.take("a", 0.0) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert buckets.take("b", 0.0) == 0.0
    assert buckets.take("a", 0.25) == 0.25
    assert buckets.take("a", 0.5) == 0.0
    assert [buckets.take("a", 1000.0) == 0.0 for _ in range(4)] == [True, True, True, False]


@given(st.lists(st.floats(0, 1), max_size=60), st.integers(1, 20), st.floats(0.1, 50))
def test_nobody_gets_more_than_burst_and_rate(pauses: list[float], burst: int, rate: float) -> None:
    buckets, now, allowed = TokenBuckets(rate, burst), 0.0, 0
    for pause in pauses:
        now += pause
        allowed += buckets.take("a", now) == 0.0

    assert allowed <= burst + now * rate + 1e-6


def test_senders_are_bounded_and_the_silent_one_is_forgotten() -> None:
    buckets = TokenBuckets(rate=1, burst=1, limit=2)
    for sender in ("a", "b", "a", "c"):
        buckets.take(sender, 0.0)

    assert (len(buckets), buckets.forgotten) == (2, 1)
    assert buckets.take("b", 0.0) == 0.0  # it is new again
    assert buckets.take("c", 0.0) > 0


def scope(path: str = "/api/stats", peer: str = "192.0.2.1") -> dict[str, object]:
    return {"type": "http", "path": path, "client": (peer, 1), "headers": []}


def test_a_rate_of_zero_is_no_limit() -> None:
    gate = Gate(0, 1)

    assert {gate.wait_seconds(scope()) for _ in range(100)} == {0.0}


def test_health_checks_are_never_refused() -> None:
    gate = Gate(1, 1, clock=lambda: 0.0)

    assert {gate.wait_seconds(scope("/health")) for _ in range(100)} == {0.0}
    assert [gate.wait_seconds(scope()) for _ in range(2)] == [0.0, 1.0]
