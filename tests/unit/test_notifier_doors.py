"""Who may knock at the notifier's doors, and what lines of scripts mean."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.switching import SwitchOrder
from services.notifier.command import read_command
from services.notifier.notice import Notice
from services.notifier.refusal import Refusal
from services.notifier.senders import Senders
from services.notifier.switch_line import read_switch_line

PASSWORD = "secret of the listener"
HASH = "ab" * 32
POOLS = {"litecoin": ("litecoin",), "ltc": ("litecoin",)}


def line(**said: object) -> bytes:
    return json.dumps(said).encode() + b"\n"


@pytest.mark.parametrize("ip", ["127.0.0.1", "127.8.8.8", "::1"])
def test_the_machine_itself_is_always_admitted(ip: str) -> None:
    assert Senders().admits(ip)
    assert Senders(["10.0.0.0/8"]).admits(ip)


def test_others_are_admitted_from_listed_networks_only() -> None:
    senders = Senders(["10.0.0.0/8", "fd00::/8", "192.0.2.7/32"])

    assert all(senders.admits(ip) for ip in ("10.1.2.3", "fd00::5", "192.0.2.7"))
    assert not any(senders.admits(ip) for ip in ("11.1.2.3", "fe80::1%eth0", "192.0.2.8", "2001:db8::1"))


@pytest.mark.parametrize(
    ("networks", "hosts"),
    [
        ([], ("127.0.0.1",)),
        (["10.0.0.0/8"], ("0.0.0.0",)),
        (["10.0.0.0/8", "fd00::/8"], ("0.0.0.0", "::")),
    ],
)
def test_nothing_but_loopback_is_listened_on_where_no_network_is_listed(
    networks: list[str], hosts: tuple[str, ...]
) -> None:
    assert Senders(networks).hosts == hosts


def test_a_line_orders_a_coin() -> None:
    order = read_switch_line(line(password=PASSWORD, coin="Litecoin"), PASSWORD)

    assert order == SwitchOrder(coin="Litecoin", author="coinSwitchListener")


def test_a_line_may_name_switch_and_algorithm() -> None:
    order = read_switch_line(line(password=PASSWORD, coin="ltc", switch="eu", algorithm="scrypt"), PASSWORD)

    assert isinstance(order, SwitchOrder)
    assert (order.switch, order.algorithm) == ("eu", "scrypt")


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        (line(coin="ltc"), Refusal.WRONG_PASSWORD),
        (line(coin="ltc", password="Secret of the listener"), Refusal.WRONG_PASSWORD),
        (line(command="coinswitch", params=["ltc"]), Refusal.NO_PASSWORD),
        (line(password=7), Refusal.MALFORMED),
        (b"GET / HTTP/1.1", Refusal.MALFORMED),
        (b'{"password":"\\ud800"}', Refusal.MALFORMED),
    ],
)
def test_what_orders_nothing(said: bytes, refusal: Refusal) -> None:
    assert read_switch_line(said, PASSWORD) is refusal


@given(st.binary(max_size=200))
def test_no_line_raises_or_orders_without_the_password(data: bytes) -> None:
    assert isinstance(read_switch_line(data, PASSWORD), Refusal)


@pytest.mark.parametrize(
    ("params", "options", "order"),
    [
        (["ltc", "eu"], {}, SwitchOrder(coin="ltc", switch="eu", author="cliPort")),
        (["ltc"], {"algorithm": "scrypt"}, SwitchOrder(coin="ltc", algorithm="scrypt", author="cliPort")),
        (["ltc", None, "more"], {"host": "127.0.0.1"}, SwitchOrder(coin="ltc", author="cliPort")),
    ],
)
def test_a_command_orders_a_coin(params: list[str], options: dict[str, str], order: SwitchOrder) -> None:
    assert read_command(line(command="coinswitch", params=params, options=options), POOLS) == order


def test_a_command_tells_of_a_block() -> None:
    notice = read_command(line(command="blocknotify", params=["LTC", HASH.upper()]), POOLS)

    assert notice == Notice(("litecoin",), HASH)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (line(command="coinswitch"), "Coin name required"),
        (line(command="coinswitch", params=[None]), "Coin name required"),
        (line(command="blocknotify", params=[]), "Coin name required"),
        (
            line(command="blocknotify", params=["doge", HASH]),
            "Block message to coin that is not recognized: doge",
        ),
        (line(command="blocknotify", params=["ltc", "beef"]), "Block hash not recognized: beef"),
        (line(command="reloadpool", params=["ltc"]), 'unrecognized command "reloadpool"'),
        (line(), 'unrecognized command ""'),
        (line(command=["coinswitch"]), Refusal.MALFORMED),
        (b"[" * 1000, Refusal.MALFORMED),
    ],
)
def test_a_command_without_sense_is_told_so(said: bytes, answer: str | Refusal) -> None:
    assert read_command(said, POOLS) == answer


@given(st.binary(max_size=200))
def test_no_command_raises(data: bytes) -> None:
    assert read_command(data, POOLS) is not None
