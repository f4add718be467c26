"""A pool file with upstream pools: what it means, and what does not go together with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nompcore.coinbase import ExtranonceSizes
from nompcore.config.upstream_check import NO_OWN, NOT_OURS, ONLY_THESE
from tests.unit.config_dir import OTHER_REGTEST_ADDRESS, POOL_FILE, ConfigDir, problems_of
from tests.unit.config_edits import INTERNAL, pool

UPSTREAM = {"pools": [{"host": "pool.example.com", "port": 3333, "user": "us.rig"}]}


def with_upstream(**keys: Any) -> ConfigDir:
    config = ConfigDir()
    pool("upstream", value={**UPSTREAM, **keys})(config)
    return config


def problems(config: ConfigDir, directory: Path) -> list[str]:
    config.write(directory)
    return problems_of(directory, {})


def test_the_shortest_section(tmp_path: Path) -> None:
    portal = with_upstream().load(tmp_path)

    upstream = portal.pools["litecoin"].upstream
    assert upstream is not None
    assert (upstream.enabled, upstream.fall_back_to_daemon, upstream.min_difficulty) == (True, False, None)
    (first,) = upstream.pools
    assert (first.name, first.user, first.tls) == ("pool.example.com:3333", "us.rig", False)
    assert first.password.get_secret_value() == "x"
    assert portal.pools["litecoin"].extranonces == ExtranonceSizes(2, 2)


def test_the_lowest_difficulty_is_a_number_above_0(tmp_path: Path) -> None:
    upstream = with_upstream(minDifficulty="0.5").load(tmp_path).pools["litecoin"].upstream

    assert upstream is not None
    assert upstream.min_difficulty == 0.5


@pytest.mark.parametrize("value", [0, -8, "NaN", "Infinity", 1e999, True, "easy"])
def test_a_lowest_difficulty_that_is_none_is_refused(tmp_path: Path, value: object) -> None:
    (problem,) = problems(with_upstream(minDifficulty=value), tmp_path)

    assert problem.startswith(f"{POOL_FILE}: upstream.minDifficulty: expected a number above 0")


def test_turned_off_it_is_an_ordinary_pool(tmp_path: Path) -> None:
    found = with_upstream(enabled=False).load(tmp_path).pools["litecoin"]

    assert found.upstream is None
    assert found.extranonces == ExtranonceSizes(4, 4)


@pytest.mark.parametrize("scheme", ["pps", "pplns", "solo"])
def test_schemes_that_need_a_block_are_refused(tmp_path: Path, scheme: str) -> None:
    config = with_upstream()
    pool(*INTERNAL, "scheme", value=scheme)(config)

    assert problems(config, tmp_path) == [f"{POOL_FILE}: shareProcessing.internal.scheme: {ONLY_THESE}"]


def test_a_port_has_no_scheme_of_its_own(tmp_path: Path) -> None:
    config = with_upstream()
    pool("ports", "3032", "scheme", value="prop")(config)

    assert problems(config, tmp_path) == [f"{POOL_FILE}: ports.3032.scheme: {NO_OWN}"]


def test_recipients_in_the_block_are_not_paid(tmp_path: Path) -> None:
    config = with_upstream()
    pool("rewardRecipients", value={OTHER_REGTEST_ADDRESS: 1.5})(config)

    assert [str(warning) for warning in config.load(tmp_path).warnings if NOT_OURS in str(warning)] == [
        f"{POOL_FILE}: rewardRecipients: {NOT_OURS}"
    ]
