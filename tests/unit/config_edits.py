"""Ways to spoil a configuration in one place, for tables of mistakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.unit.config_dir import OTHER_REGTEST_ADDRESS, POOL, POOL_FILE, PORTAL_FILE, ConfigDir

Edit = Callable[[ConfigDir], None]
INTERNAL = ("shareProcessing", "internal")


def pool(*steps: str | int, value: Any) -> Edit:
    return lambda config: config.put(POOL_FILE, *steps, value=value)


def portal(*steps: str | int, value: Any) -> Edit:
    return lambda config: config.put(PORTAL_FILE, *steps, value=value)


def without(file: str, *steps: str | int) -> Edit:
    return lambda config: config.drop(file, *steps)


def content(file: str, text: Any) -> Edit:
    return lambda config: config.files.update({file: text})


def second_pool(**changes: Any) -> Edit:
    ports = {"4032": {"diff": 8}}
    return content(
        "pool_configs/second.json",
        {**POOL, "coin": "bitcoin.json", "address": OTHER_REGTEST_ADDRESS, "ports": ports, **changes},
    )


def in_turn(*edits: Edit) -> Edit:
    def apply(config: ConfigDir) -> None:
        for edit in edits:
            edit(config)

    return apply
