"""Numbers, ages and addresses as the api prints them."""

from __future__ import annotations

import doctest
from ipaddress import IPv4Address, IPv6Address
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.site import page_text
from services.api.views import amounts, hashrate_text, miner_ips


@pytest.mark.parametrize("module", [amounts, hashrate_text, miner_ips, page_text])
def test_examples_in_docstrings_hold(module: ModuleType) -> None:
    result = doctest.testmod(module)

    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize(
    ("hashrate", "text"),
    [
        (0, "0.00 KH"),
        (999, "1.00 KH"),
        (1_000_000, "1000.00 KH"),  # NOMP divides while above 1000, not from 1000 on
        (1_000_001, "1.00 MH"),
        (2.5e9, "2.50 GH"),
        (7.125e17, "712.50 PH"),
        (1.5e18, "1.50 EH"),
        (9e26, "900000.00 ZH"),
    ],
)
def test_hashrates_are_spelled_as_nomp_spells_them(hashrate: float, text: str) -> None:
    assert hashrate_text.nomp_hashrate_string(hashrate) == text


@given(st.integers(0, 10**18), st.integers(0, 18))
def test_amounts_say_the_same_in_both_spellings(sats: int, decimals: int) -> None:
    both = amounts.amount(sats, decimals)

    digits = both.coins.replace(".", "")
    assert int(digits) == both.sats == sats
    assert len(both.coins.partition(".")[2]) == decimals


@pytest.mark.parametrize(
    ("ip", "shown"),
    [
        ("203.0.113.7", "203.0.113.x"),
        ("2001:db8:1:2::3", "2001:db8:1::x"),
        ("::1", "0:0:0::x"),
        ("::ffff:203.0.113.7", "203.0.113.x"),
        ("not an address", ""),
        ("", ""),
    ],
)
def test_masked_addresses_name_a_network_and_no_host(ip: str, shown: str) -> None:
    assert miner_ips.shown_ip(ip, miner_ips.MASKED) == shown


@given(st.ip_addresses(v=4).map(str))
def test_hidden_shows_nothing_and_full_everything(ip: str) -> None:
    assert miner_ips.shown_ip(ip, miner_ips.HIDDEN) == ""
    assert miner_ips.shown_ip(ip, miner_ips.FULL) == ip


@given(st.integers(0, 2**24 - 1), st.integers(0, 255), st.integers(0, 255))
def test_hosts_of_one_ipv4_network_look_the_same(network: int, one: int, other: int) -> None:
    assert masked(IPv4Address(network << 8 | one)) == masked(IPv4Address(network << 8 | other))


@given(st.integers(2**40, 2**48 - 1), st.integers(0, 2**80 - 1), st.integers(0, 2**80 - 1))
def test_hosts_of_one_ipv6_site_look_the_same(site: int, one: int, other: int) -> None:
    assert masked(IPv6Address(site << 80 | one)) == masked(IPv6Address(site << 80 | other))


def masked(ip: IPv4Address | IPv6Address) -> str:
    return miner_ips.shown_ip(str(ip), miner_ips.MASKED)


def test_text_that_is_no_address_is_not_shown_even_in_full() -> None:
    assert miner_ips.shown_ip("<script>", miner_ips.FULL) == ""
