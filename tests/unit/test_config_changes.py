"""What differs between two configurations, and whom it concerns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nompcore.config.changes import changed_paths, changes_for, concerned
from nompcore.subjects import API, JOBMAKER, NOTIFIER, PAYOUTS, SERVICES, STRATUM
from tests.unit.config_dir import POOL_FILE, PORTAL_FILE, ConfigDir

SECRET = "a new password that nobody may read"


def paths(directory: Path, file: str, *keys: str, value: Any) -> list[str]:
    """Where the configuration differs after one edit."""
    config = ConfigDir()
    before = config.load(directory)
    config.put(file, *keys, value=value)
    return [".".join(path) for path in changed_paths(before, config.load(directory))]


def test_nothing_differs_when_nothing_changed(tmp_path: Path) -> None:
    config = ConfigDir()
    assert changed_paths(config.load(tmp_path), config.load(tmp_path)) == []


@pytest.mark.parametrize(
    ("file", "keys", "value", "expected"),
    [
        (PORTAL_FILE, ("logLevel",), "warning", ["log_level"]),
        (PORTAL_FILE, ("website", "stratumHost"), "b.example", ["website.stratum_host"]),
        (POOL_FILE, ("ports", "3032", "diff"), 9, ["pools.litecoin.ports.3032.diff"]),
        (POOL_FILE, ("ports", "3999"), {"diff": 9}, ["pools.litecoin.ports.3999"]),
        (POOL_FILE, ("connectionTimeout",), 77, ["pools.litecoin.connection_timeout_seconds"]),
    ],
)
def test_a_key_that_changed_is_named(
    tmp_path: Path, file: str, keys: tuple[str, ...], value: Any, expected: list[str]
) -> None:
    assert paths(tmp_path, file, *keys, value=value) == expected


def test_a_secret_that_changed_is_seen_and_not_told(tmp_path: Path) -> None:
    keys = ("shareProcessing", "internal", "daemon", "password")
    found = paths(tmp_path, POOL_FILE, *keys, value=SECRET)
    assert found == ["pools.litecoin.payments.daemon.password"]
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    ("path", "services"),
    [
        (("website", "stratum_host"), {API, PAYOUTS}),
        (("pools", "litecoin", "banning", "enabled"), {STRATUM}),
        (("pools", "litecoin", "payments"), {PAYOUTS, API, NOTIFIER}),
        (("pools", "litecoin", "daemons"), {JOBMAKER, PAYOUTS, API, NOTIFIER}),
        (("pools", "litecoin", "ports", "3032"), set(SERVICES)),
        (("pools", "litecoin"), set(SERVICES)),  # a pool that is new, or is no more
        (("something", "of tomorrow"), set(SERVICES)),
    ],
)
def test_a_change_concerns_those_who_act_on_it(path: tuple[str, ...], services: set[str]) -> None:
    assert set(concerned(path)) == services


def test_a_service_sees_its_own_changes_only(tmp_path: Path) -> None:
    config = ConfigDir()
    before = config.load(tmp_path)
    config.put(PORTAL_FILE, "website", "stratumHost", value="b.example")
    config.put(POOL_FILE, "connectionTimeout", value=77)
    after = config.load(tmp_path)
    assert changes_for(API, before, after) == [("website", "stratum_host")]
    assert changes_for(STRATUM, before, after) == [("pools", "litecoin", "connection_timeout_seconds")]
    assert changes_for(NOTIFIER, before, after) == []
