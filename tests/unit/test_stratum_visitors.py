"""Addresses: how often they may connect and log in, and when they are forgotten."""

from __future__ import annotations

from typing import cast

import pytest

from services.stratum import visitors as module
from services.stratum.connection import Connection
from services.stratum.visitors import Visitors

IP = "203.0.113.7"


def a_connection() -> Connection:
    """One among others: nobody looks into it here."""
    return cast("Connection", object())


def test_an_address_may_connect_so_often_a_minute() -> None:
    visitors = Visitors(3, 0)

    admitted = [visitors.admit(IP, 0.0, limited=True) for _ in range(4)]

    assert [visitor is not None for visitor in admitted] == [True, True, True, False]
    assert visitors.admit("203.0.113.8", 0.0, limited=True)
    assert visitors.admit(IP, 20.0, limited=True) is admitted[0]


def test_all_connections_of_an_address_share_its_logins() -> None:
    visitors = Visitors(0, 2)
    first, second = (visitors.admit(IP, 0.0, limited=True) for _ in range(2))
    assert first is not None
    assert second is not None

    assert [first.may_login(0.0), second.may_login(0.0), first.may_login(0.0)] == [True, True, False]
    assert second.may_login(30.0)


@pytest.mark.parametrize(("rates", "limited"), [((0, 0), True), ((1, 1), False)])
def test_a_rate_of_nothing_and_a_balancer_are_no_limit(rates: tuple[int, int], limited: bool) -> None:
    visitors = Visitors(*rates)
    for _ in range(100):
        visitor = visitors.admit(IP, 0.0, limited=limited)
        assert visitor is not None
        assert visitor.may_login(0.0)


def test_everybody_behind_an_address_is_found() -> None:
    visitors = Visitors(0, 0)
    visitor = visitors.admit(IP, 0.0, limited=True)
    assert visitor is not None
    both = {a_connection(), a_connection()}
    visitor.connections.update(both)

    assert set(visitors.connections_of(IP)) == both
    assert list(visitors.connections_of("203.0.113.8")) == []


def test_those_who_are_found_may_go_meanwhile() -> None:
    visitors = Visitors(0, 0)
    visitor = visitors.admit(IP, 0.0, limited=True)
    assert visitor is not None
    visitor.connections.update({a_connection(), a_connection()})

    for connection in visitors.connections_of(IP):
        visitor.connections.discard(connection)

    assert not visitor.connections


def test_an_address_is_forgotten_when_it_has_gone_and_its_allowances_are_full_again() -> None:
    visitors = Visitors(60, 60)
    visitor = visitors.admit(IP, 0.0, limited=True)
    assert visitor is not None
    connection = a_connection()
    visitor.connections.add(connection)
    visitors.forget_idle(100.0)
    assert len(visitors) == 1

    visitor.may_login(100.0)
    visitor.connections.discard(connection)
    visitors.forget_idle(100.5)
    assert len(visitors) == 1

    visitors.forget_idle(101.0)
    assert len(visitors) == 0


def test_an_address_that_connects_too_often_is_not_forgotten_for_it() -> None:
    visitors = Visitors(1, 0)
    assert visitors.admit(IP, 0.0, limited=True)
    visitors.forget_idle(1.0)

    assert visitors.admit(IP, 1.0, limited=True) is None


def test_a_flood_of_addresses_is_forgotten_but_for_those_who_are_connected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_VISITORS", 10)
    visitors = Visitors(1, 1)
    for number in range(11):
        visitor = visitors.admit(f"203.0.113.{number}", 0.0, limited=True)
        if number == 7 and visitor:
            visitor.connections.add(a_connection())

    visitors.forget_idle(0.0)

    assert len(visitors) == 1
    assert visitors.admit("203.0.113.7", 0.0, limited=True) is None
