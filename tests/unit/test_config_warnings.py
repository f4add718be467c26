"""A key without effect in this version is named in a warning when it asks for something, never ignored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nompcore.config.pool_file import PoolFile
from nompcore.config.portal_file import PortalFile
from nompcore.config.section import Section, info_of
from nompcore.config.shape import Shape, shape_of_field, shape_of_section
from tests.unit.config_dir import POOL_FILE, PORTAL_FILE, ConfigDir

ASKING: dict[tuple[str, str], Any] = {
    (PORTAL_FILE, "logColors"): True,
    (PORTAL_FILE, "website.host"): "0.0.0.0",
    (PORTAL_FILE, "website.port"): 80,
    (PORTAL_FILE, "website.stats.redis"): {"host": "localhost", "port": 6379},
    (PORTAL_FILE, "website.adminCenter"): {"enabled": True},
    (PORTAL_FILE, "redis"): {},
    (PORTAL_FILE, "redisBlockNotifyListener"): {"enabled": True},
    (PORTAL_FILE, "profitSwitch.depth"): 0.5,
    (PORTAL_FILE, "profitSwitch.usePoloniex"): True,
    (PORTAL_FILE, "profitSwitch.useCryptsy"): True,
    (PORTAL_FILE, "profitSwitch.useMintpal"): True,
    (PORTAL_FILE, "profitSwitch.useBittrex"): True,
    (POOL_FILE, "shareProcessing.internal.feeCollectAccount"): "feesCollected",
    (POOL_FILE, "shareProcessing.internal.redis"): {"host": "localhost"},
    (POOL_FILE, "paymentProcessing.feeCollectAccount"): "feesCollected",
    (POOL_FILE, "paymentProcessing.redis"): {},
    (POOL_FILE, "redis"): {"port": 6380},
    (POOL_FILE, "instanceId"): 37,
}
OTHER_SPELLING = {"paymentProcessing": "shareProcessing"}


def config_with(file: str, path: str, value: Any) -> ConfigDir:
    config, steps = ConfigDir(), path.split(".")
    tree = config.files[file]
    tree.pop(OTHER_SPELLING.get(steps[0]), None)
    for step in steps[:-1]:
        tree = tree.setdefault(step, {})
    tree[steps[-1]] = value
    return config


def warned_paths(config: ConfigDir, directory: Path) -> list[str]:
    warnings = config.load(directory).warnings
    return [f"{warning.file}: {warning.path}" for warning in warnings if "has no effect" in warning.text]


def inactive_paths(shape: Shape, above: str = "") -> Iterator[str]:
    for name, field in shape.fields().items():
        inner = shape_of_field(field)
        if info_of(field).inactive:
            yield above + name
        elif inner.section is not None:
            yield from inactive_paths(inner, f"{above}{name}.")


@pytest.mark.parametrize(("file", "path"), ASKING.keys())
def test_a_key_without_effect_is_named(tmp_path: Path, file: str, path: str) -> None:
    config = config_with(file, path, ASKING[file, path])
    assert warned_paths(config, tmp_path) == [f"{file}: {path}"]


def test_every_key_without_effect_is_tried_here() -> None:
    roots: dict[str, type[Section]] = {PORTAL_FILE: PortalFile, POOL_FILE: PoolFile}
    marked = {(file, path) for file, root in roots.items() for path in inactive_paths(shape_of_section(root))}
    assert marked == set(ASKING)


@pytest.mark.parametrize(
    ("file", "path", "value"),
    [
        (PORTAL_FILE, "logColors", False),
    ],
)
def test_a_key_that_asks_for_nothing_is_not_named(tmp_path: Path, file: str, path: str, value: Any) -> None:
    assert warned_paths(config_with(file, path, value), tmp_path) == []


def test_a_web_port_that_the_environment_gives_too_is_not_named(tmp_path: Path) -> None:
    config = config_with(PORTAL_FILE, "website.port", 8080)
    config.environ = {"API_PORT": "8080"}
    assert warned_paths(config, tmp_path) == []


def test_an_inherited_key_without_effect_is_named_where_it_stands(tmp_path: Path) -> None:
    config = config_with(PORTAL_FILE, "defaultPoolConfigs", {"redis": {"port": 6380}})
    assert warned_paths(config, tmp_path) == ["config.json: defaultPoolConfigs.redis"]


def test_a_pool_that_pays_nobody_is_warned_about(tmp_path: Path) -> None:
    config = ConfigDir()
    config.drop(POOL_FILE, "shareProcessing")
    portal = config.load(tmp_path)
    assert portal.pools["litecoin"].payments is None
    assert [str(warning) for warning in portal.warnings] == [
        "pool_configs/litecoin.json: payments are not enabled: nobody is paid for shares"
    ]


def test_a_start_difficulty_outside_the_limits_is_warned_about(tmp_path: Path) -> None:
    config = ConfigDir()
    config.put(POOL_FILE, "ports", "3032", "diff", value=1024)
    assert [str(warning) for warning in config.load(tmp_path).warnings] == [
        "pool_configs/litecoin.json: ports.3032: diff 1024 is outside minDiff 8 to maxDiff 512"
    ]
