from __future__ import annotations

import pytest

from services.stratum.proxy_policy import Networks, ProxyPolicy

BALANCERS = Networks(["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"])


@pytest.mark.parametrize(
    ("ip", "is_one"),
    [
        ("10.1.2.3", True),
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("2001:db8:ffff::1", True),
        ("2001:db9::1", False),
        ("::ffff:10.1.2.3", False),
        ("fe80::1%eth0", False),
        ("", False),
    ],
)
def test_an_address_is_in_the_networks_or_not(ip: str, is_one: bool) -> None:
    assert (ip in BALANCERS) is is_one


def test_nobody_is_in_no_networks() -> None:
    assert "10.1.2.3" not in Networks([])


@pytest.mark.parametrize(
    ("networks", "required", "ip", "refused", "header"),
    [
        (BALANCERS, True, "10.1.2.3", False, True),
        (BALANCERS, True, "203.0.113.7", True, False),
        (BALANCERS, False, "10.1.2.3", False, True),
        (BALANCERS, False, "203.0.113.7", False, False),
        (Networks([]), False, "10.1.2.3", False, False),
        (BALANCERS, True, "", True, False),
    ],
)
def test_a_header_is_believed_from_balancers_only(
    networks: Networks, required: bool, ip: str, refused: bool, header: bool
) -> None:
    policy = ProxyPolicy(networks, required)

    assert policy.refuses(ip) is refused
    assert policy.expects_header(ip) is header
