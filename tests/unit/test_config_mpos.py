"""MPOS mode in both spellings: what of a login is checked, and who pays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nompcore.config import MposConfig, PoolConfig
from nompcore.config.mpos import LoginCheck
from tests.unit.config_dir import POOL_FILE, ConfigDir, problems_of
from tests.unit.config_edits import second_pool

DATABASE = {
    "enabled": True,
    "host": "db.example",
    "port": "3307",
    "user": "nomp",
    "password": "our own",
    "database": "ltc",
}
SEED, LATER = ("shareProcessing", "mpos"), ("mposMode",)


def config_with(spelling: tuple[str, ...], section: dict[str, Any], **pool_keys: Any) -> ConfigDir:
    config = ConfigDir()
    config.drop(POOL_FILE, "shareProcessing")
    if spelling == SEED:
        config.put(POOL_FILE, "shareProcessing", value={})
    config.put(POOL_FILE, *spelling, value={**DATABASE, **section})
    for name, value in pool_keys.items():
        config.put(POOL_FILE, name, value=value)
    return config


def pool_of(config: ConfigDir, directory: Path) -> PoolConfig:
    return config.load(directory).pools["litecoin"]


def warnings_of(config: ConfigDir, directory: Path) -> list[str]:
    return [str(warning) for warning in config.load(directory).warnings]


def mpos_of(config: ConfigDir, directory: Path) -> MposConfig:
    mpos = pool_of(config, directory).mpos
    assert mpos is not None
    return mpos


@pytest.mark.parametrize("spelling", [SEED, LATER])
def test_the_section_says_where_the_database_is_and_names_are_no_addresses(
    tmp_path: Path, spelling: tuple[str, ...]
) -> None:
    pool = pool_of(config_with(spelling, {"stratumAuth": "worker"}), tmp_path)
    assert pool.mpos is not None
    assert (pool.mpos.host, pool.mpos.port, pool.mpos.user, pool.mpos.database) == (
        "db.example",
        3307,
        "nomp",
        "ltc",
    )
    assert pool.mpos.password.get_secret_value() == "our own"
    assert not pool.validate_worker_address
    assert pool.payments is None
    assert "our own" not in repr(pool)


@pytest.mark.parametrize(
    ("spelling", "section", "pool_keys", "expected"),
    [
        (SEED, {}, {}, LoginCheck.PASSWORD),
        (SEED, {"stratumAuth": "password"}, {}, LoginCheck.PASSWORD),
        (SEED, {"stratumAuth": "worker"}, {}, LoginCheck.WORKER),
        (SEED, {"stratumAuth": "none"}, {}, LoginCheck.NONE),
        (SEED, {"checkPassword": False}, {}, LoginCheck.WORKER),
        (SEED, {}, {"validateWorkerUsername": False}, LoginCheck.PASSWORD),
        (LATER, {}, {}, LoginCheck.NONE),
        (LATER, {"checkPassword": True}, {}, LoginCheck.NONE),
        (LATER, {}, {"validateWorkerUsername": False}, LoginCheck.NONE),
        (LATER, {}, {"validateWorkerUsername": True}, LoginCheck.PASSWORD),
        (LATER, {"checkPassword": True}, {"validateWorkerUsername": True}, LoginCheck.PASSWORD),
        (LATER, {"checkPassword": False}, {"validateWorkerUsername": True}, LoginCheck.WORKER),
        (LATER, {"autoCreateWorker": True}, {}, LoginCheck.PASSWORD),
        (LATER, {"autoCreateWorker": True, "checkPassword": False}, {}, LoginCheck.WORKER),
        (LATER, {"stratumAuth": "password"}, {}, LoginCheck.PASSWORD),
        (LATER, {"stratumAuth": "none"}, {"validateWorkerUsername": True}, LoginCheck.NONE),
    ],
)
def test_what_of_a_login_is_checked(
    tmp_path: Path,
    spelling: tuple[str, ...],
    section: dict[str, Any],
    pool_keys: dict[str, Any],
    expected: LoginCheck,
) -> None:
    assert mpos_of(config_with(spelling, section, **pool_keys), tmp_path).login_check is expected


def test_workers_are_added_only_where_logins_are_checked(tmp_path: Path) -> None:
    adding = config_with(SEED, {"autoCreateWorker": True})
    assert mpos_of(adding, tmp_path / "adding").auto_create_worker
    unchecked = config_with(SEED, {"autoCreateWorker": True, "stratumAuth": "none"})
    assert not mpos_of(unchecked, tmp_path / "unchecked").auto_create_worker
    assert warnings_of(unchecked, tmp_path / "unchecked") == [
        "pool_configs/litecoin.json: shareProcessing.mpos.autoCreateWorker: not used: logins are not checked"
    ]


def test_later_files_that_check_nothing_are_warned_about(tmp_path: Path) -> None:
    assert warnings_of(config_with(LATER, {}), tmp_path / "silent") == [
        "pool_configs/litecoin.json: mposMode: "
        "logins are not checked: set validateWorkerUsername, or stratumAuth"
    ]
    assert warnings_of(config_with(LATER, {"stratumAuth": "none"}), tmp_path / "said") == []


def test_mpos_pays_where_both_are_enabled_and_the_operator_is_told(tmp_path: Path) -> None:
    config = ConfigDir()
    config.put(POOL_FILE, *SEED, value=DATABASE)
    pool = pool_of(config, tmp_path)
    assert pool.payments is None
    assert pool.mpos is not None
    assert warnings_of(config, tmp_path) == [
        "pool_configs/litecoin.json: shareProcessing.internal: "
        "not used: MPOS pays, as shareProcessing.mpos is enabled"
    ]


def test_a_section_that_is_off_changes_nothing(tmp_path: Path) -> None:
    config = ConfigDir()
    config.put(POOL_FILE, *SEED, value={**DATABASE, "enabled": False})
    pool = pool_of(config, tmp_path)
    assert pool.mpos is None
    assert pool.payments is not None
    assert pool.validate_worker_address


@pytest.mark.parametrize("name", ["user", "database"])
def test_what_a_connection_needs_is_required(tmp_path: Path, name: str) -> None:
    config = config_with(SEED, {})
    config.drop(POOL_FILE, *SEED, name)
    config.write(tmp_path)
    assert problems_of(tmp_path, {}) == [
        f"pool_configs/litecoin.json: shareProcessing.mpos.{name}: required in MPOS mode"
    ]


def test_both_spellings_of_the_check_in_one_section_are_refused(tmp_path: Path) -> None:
    config_with(SEED, {"stratumAuth": "worker", "checkPassword": False}).write(tmp_path)
    assert problems_of(tmp_path, {}) == [
        "pool_configs/litecoin.json: shareProcessing.mpos.checkPassword: "
        "is another spelling of shareProcessing.mpos.stratumAuth; give only one of them"
    ]


def test_two_pools_cannot_write_one_database(tmp_path: Path) -> None:
    config = config_with(SEED, {})
    second_pool(shareProcessing={"mpos": DATABASE})(config)
    config.write(tmp_path)
    assert problems_of(tmp_path, {}) == [
        "pool_configs/second.json: shareProcessing.mpos.database: database ltc of db.example:3307 is already "
        "written by pool_configs/litecoin.json: shareProcessing.mpos.database; a pool needs its own"
    ]
