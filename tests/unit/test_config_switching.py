"""Switching ports in both spellings: which pools take part, what forbids the start, what is warned about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nompcore.address import encode_base58check
from nompcore.config import PortConfig, SwitchConfig
from tests.unit.config_dir import POOL, PORTAL_FILE, ConfigDir, problems_of
from tests.unit.config_edits import Edit, content, in_turn, pool, portal, second_pool, without

DOGECOIN = encode_base58check(111, bytes(range(20)))
VARDIFF = {"minDiff": 16, "maxDiff": 512}
LATER = {"enabled": True, "algorithm": "scrypt", "ports": {"4444": {"diff": 16, "varDiff": VARDIFF}}}


MPOS = {"enabled": True, "host": "db", "user": "n", "password": "own", "database": "doge"}


def dogecoin(**changes: Any) -> Edit:
    """A second pool of scrypt, whose name comes before litecoin's; nobody is paid there."""
    keys = {**POOL, "coin": "dogecoin.json", "address": DOGECOIN, "ports": {"4032": {"diff": 8}}}
    return content("pool_configs/dogecoin.json", {**keys, "shareProcessing": {}, **changes})


def proxy(**changes: Any) -> Edit:
    return portal("proxy", value={"scrypt": {"enabled": True, "port": "4444", "diff": 16, **changes}})


def switching(**changes: Any) -> Edit:
    section = {**LATER, **changes}
    return in_turn(without(PORTAL_FILE, "proxy"), portal("switching", value={"any": section}))


def switches_of(directory: Path, *edits: Edit) -> dict[str, SwitchConfig]:
    config = ConfigDir()
    in_turn(*edits)(config)
    return dict(config.load(directory).switches)


def warnings_of(directory: Path, *edits: Edit) -> list[str]:
    config = ConfigDir()
    in_turn(*edits)(config)
    return [str(line) for line in config.load(directory).warnings]


def test_a_proxy_is_a_switch_named_after_its_algorithm(tmp_path: Path) -> None:
    (switch,) = switches_of(tmp_path, dogecoin(), proxy(varDiff=VARDIFF)).values()

    assert (switch.name, switch.algorithm) == ("scrypt", "scrypt")
    assert switch.pools == ("dogecoin", "litecoin")  # in the order of the names: the first is the default
    (port,) = switch.ports.values()
    assert list(switch.ports) == [4444]
    assert port.diff == 16
    assert port.var_diff is not None
    assert (port.var_diff.min_diff, port.var_diff.max_diff) == (16, 512)


def test_the_later_spelling_has_several_ports(tmp_path: Path) -> None:
    ports = {"4444": {"diff": 16}, "4445": {}}
    (switch,) = switches_of(tmp_path, dogecoin(), switching(ports=ports)).values()

    assert (switch.name, switch.algorithm) == ("any", "scrypt")
    assert switch.ports == {4444: PortConfig(diff=16), 4445: PortConfig(diff=8)}


def test_a_proxy_without_difficulty_begins_at_8_and_one_that_is_off_is_none(tmp_path: Path) -> None:
    keys = {"scrypt": {"enabled": True, "port": 5555}, "scrypt-n": {"enabled": False, "port": "5556"}}
    (switch,) = switches_of(tmp_path, portal("proxy", value=keys)).values()

    assert switch.ports == {5555: PortConfig(diff=8)}


def test_pools_of_other_algorithms_do_not_take_part(tmp_path: Path) -> None:
    (switch,) = switches_of(tmp_path, second_pool(), proxy()).values()
    assert switch.pools == ("litecoin",)


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (dogecoin(shareProcessing={"mpos": MPOS}), "MPOS pays its miners by their accounts"),
        (dogecoin(validateWorkerUsername=False), "its miners' names are not checked as addresses"),
    ],
    ids=["mpos", "unchecked"],
)
def test_a_pool_whose_miners_have_no_addresses_is_left_out_with_a_warning(
    tmp_path: Path, edit: Edit, why: str
) -> None:
    edits = (edit, proxy())
    assert switches_of(tmp_path, *edits)["scrypt"].pools == ("litecoin",)
    line = f"config.json: proxy.scrypt: pool dogecoin does not take part: {why}"
    assert line in warnings_of(tmp_path, *edits)


MISTAKES: dict[str, tuple[Edit, str]] = {
    "an algorithm that no pool has": (
        portal("proxy", value={"x11": {"enabled": True, "port": 4444}}),
        'config.json: proxy.x11: no pool of the algorithm "x11" can take part; the pools are of scrypt',
    ),
    "an algorithm that no pool has, later spelling": (
        switching(algorithm="sha256"),
        'config.json: switching.any.algorithm: no pool of the algorithm "sha256" can take part; '
        "the pools are of scrypt",
    ),
    "a switch without ports": (
        switching(ports={}),
        "config.json: switching.any.ports: at least one is required",
    ),
    "a name that is no key": (
        in_turn(without(PORTAL_FILE, "proxy"), portal("switching", value={"all coins": LATER})),
        "config.json: switching.all coins: "
        "only letters, digits, - and _ may be in the name of a switching port",
    ),
    "TLS without certificate": (
        switching(ports={"4444": {"tls": True}}),
        "config.json: switching.any.ports.4444.tls: "
        "needs tlsOptions with serverCert and serverKey in pool_configs/litecoin.json",
    ),
    "a scheme of its own": (
        switching(ports={"4444": {"scheme": "solo"}}),
        "config.json: switching.any.ports.4444.scheme: "
        "a switching port has the scheme of the pool it mines; remove it",
    ),
}


@pytest.mark.parametrize(("edit", "expected"), MISTAKES.values(), ids=MISTAKES.keys())
def test_one_mistake_gives_exactly_its_line(tmp_path: Path, edit: Edit, expected: str) -> None:
    config = ConfigDir()
    edit(config)
    config.write(tmp_path)
    assert problems_of(tmp_path, config.environ) == [expected]


def test_a_mistake_in_a_pools_file_is_not_told_as_a_missing_pool(tmp_path: Path) -> None:
    config = ConfigDir()
    in_turn(pool("coin", value="no-such.json"), proxy())(config)
    config.write(tmp_path)
    assert not [line for line in problems_of(tmp_path, config.environ) if "no pool of the algorithm" in line]
