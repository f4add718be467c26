"""Which addresses count as one, and their keys in KV."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.stratum.ip_group import ban_key, group_of_key, ip_group


@pytest.mark.parametrize(
    ("ip", "group", "key"),
    [
        ("203.0.113.7", "203.0.113.7", "cb007107"),
        ("::ffff:203.0.113.7", "203.0.113.7", "cb007107"),
        ("2001:db8:0:1::5", "2001:db8:0:1::/64", "20010db800000001"),
        ("2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:1::/64", "20010db800000001"),
        ("::1", "::/64", "0000000000000000"),
    ],
)
def test_ipv4_is_itself_and_ipv6_its_network(ip: str, group: str, key: str) -> None:
    assert ip_group(ip) == group
    assert ban_key(group) == key


def test_nobody_is_nobody() -> None:
    assert ip_group("") == ""


@pytest.mark.parametrize("key", ["", "x", "cb0071", "cb00710708", "cb.00.71.07"])
def test_what_is_no_key_is_no_group(key: str) -> None:
    assert group_of_key(key) is None


@given(st.ip_addresses())
def test_a_key_leads_back_to_its_group(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    group = ip_group(str(ip))
    key = ban_key(group)
    assert group_of_key(key) == group
    assert set(key) <= set("0123456789abcdef")
