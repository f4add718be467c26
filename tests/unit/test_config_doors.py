"""Keys of the notifier's doors and of profit switching."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.config_dir import PORTAL_FILE, ConfigDir, problems_of

SOURCE = {"url": "https://prices.example/v1?key=T0KEN", "prices": {"ltc": "litecoin.btc"}}


def config_with(**keys: Any) -> ConfigDir:
    config = ConfigDir()
    for key, value in keys.items():
        config.put(PORTAL_FILE, key, value=value)
    return config


def problems(directory: Path, **keys: Any) -> list[str]:
    config = config_with(**keys)
    config.write(directory)
    return problems_of(directory, {})


def test_doors_are_open_where_the_file_says_so(tmp_path: Path) -> None:
    listener = {"enabled": True, "port": "8118", "password": "our own", "networks": ["10.0.0.0/8", "::1"]}

    portal = config_with(coinSwitchListener=listener, cliPort="17117").load(tmp_path)

    assert portal.coin_switch is not None
    assert (portal.coin_switch.port, portal.coin_switch.networks) == (8118, ("10.0.0.0/8", "::1/128"))
    assert portal.coin_switch.password.get_secret_value() == "our own"
    assert portal.cli_port == 17117
    assert portal.block_notify is not None
    assert portal.block_notify.networks == ()


def test_doors_are_shut_otherwise(tmp_path: Path) -> None:
    portal = ConfigDir().load(tmp_path)

    assert (portal.coin_switch, portal.cli_port, portal.profit_switch) == (None, None, None)


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ({"cliPort": 8117}, "cliPort"),
        ({"coinSwitchListener": {"enabled": True, "password": "test"}}, "coinSwitchListener.password"),
        (
            {"coinSwitchListener": {"enabled": True, "networks": ["10.0.0.0/33"]}},
            "coinSwitchListener.networks[0]",
        ),
    ],
)
def test_a_door_that_cannot_be_is_a_problem(tmp_path: Path, keys: dict[str, Any], path: str) -> None:
    assert any(line.startswith(f"config.json: {path}: ") for line in problems(tmp_path, **keys))


def test_profit_switching_is_read_whole(tmp_path: Path) -> None:
    keys = {
        "enabled": True,
        "updateInterval": 60,
        "priceSources": [
            SOURCE,
            {"name": "desk", "file": "/etc/prices.json"},
            {"command": ["prices", "--btc"]},
        ],
        "maxPriceAgeSeconds": 900,
        "hysteresisPercent": 3,
        "minimumStaySeconds": 0,
        "manualHoldSeconds": 7200,
        "feePercents": {"litecoin": 0.5},
    }

    profit = config_with(profitSwitch=keys).load(tmp_path).profit_switch

    assert profit is not None
    assert [bool(source.url) for source in profit.price_sources] == [True, False, False]
    assert profit.price_sources[2].command == ["prices", "--btc"]
    assert (profit.hysteresis_percent, profit.fee_percents) == (3, {"litecoin": 0.5})
    assert "T0KEN" not in repr(profit)


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ({"priceSources": [{}]}, "profitSwitch.priceSources[0]: give one of url, file and command"),
        (
            {"priceSources": [{**SOURCE, "file": "/etc/prices.json"}]},
            "profitSwitch.priceSources[0]: give one of url, file and command",
        ),
        (
            {"priceSources": [{"url": "https://prices.example"}]},
            "profitSwitch.priceSources[0]: prices belongs to url: it says where in the answer they are",
        ),
        ({"feePercents": {"doge": 1}}, "profitSwitch.feePercents.doge: no such pool; there is litecoin"),
        (
            {"hysteresisPercent": 101},
            "profitSwitch.hysteresisPercent: expected a percentage from 0 to 100, found 101",
        ),
    ],
)
def test_profit_switching_that_makes_no_sense_is_a_problem(
    tmp_path: Path, keys: dict[str, Any], line: str
) -> None:
    assert problems(tmp_path, profitSwitch={"enabled": True, **keys}) == [f"config.json: {line}"]


def test_nomps_exchanges_alone_are_warned_about(tmp_path: Path) -> None:
    portal = config_with(profitSwitch={"enabled": True, "usePoloniex": True}).load(tmp_path)

    assert [str(warning) for warning in portal.warnings] == [
        "config.json: profitSwitch.usePoloniex: has no effect in this version: "
        "its interface of that time is gone; give priceSources",
        "config.json: profitSwitch: no priceSources are given: no price is known, so nothing is switched",
    ]
