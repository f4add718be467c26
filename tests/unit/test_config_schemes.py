"""Reward schemes in a pool's file: of the pool and of a port, in both spellings of the payment section."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nompcore.config import PoolConfig, SchemeConfig
from services.payouts.counting.groups import OWN
from services.payouts.rounds.pool_schemes import wanted_schemes
from services.payouts.rounds.scheme_history import Wanted
from services.payouts.schemes.pplns import Pplns
from services.payouts.schemes.prop import Prop
from services.payouts.schemes.solo import Solo
from tests.unit.config_dir import POOL_FILE, ConfigDir, problems_of

INTERNAL = ("shareProcessing", "internal")


def pool_with(tmp_path: Path, *, ports: dict[str, str] | None = None, **keys: Any) -> PoolConfig:
    config = ConfigDir()
    for name, value in keys.items():
        config.put(POOL_FILE, *INTERNAL, name, value=value)
    for port, scheme in (ports or {}).items():
        config.put(POOL_FILE, "ports", port, "scheme", value=scheme)
    return config.load(tmp_path).pools["litecoin"]


def wanted(pool: PoolConfig) -> Wanted:
    assert pool.payments is not None
    return wanted_schemes(pool, pool.payments.scheme)


def test_without_a_word_it_is_prop(tmp_path: Path) -> None:
    pool = pool_with(tmp_path)
    assert pool.payments is not None
    assert pool.payments.scheme == SchemeConfig()
    assert wanted(pool) == Wanted({OWN: Prop()}, {})


def test_parameters_arrive_exactly(tmp_path: Path) -> None:
    pool = pool_with(tmp_path, scheme="pplnt", window=0.1, windowSeconds=60, scoreSeconds="30")
    assert pool.payments is not None
    assert pool.payments.scheme == SchemeConfig(
        name="pplnt", window_ppm=100_000, window_seconds=60, score_seconds=30
    )


def test_a_port_may_have_a_scheme_of_its_own(tmp_path: Path) -> None:
    pool = pool_with(tmp_path, ports={"3256": "solo"}, scheme="pplns", window=3)
    assert wanted(pool) == Wanted({OWN: Pplns(3_000_000), "solo": Solo()}, {3256: "solo"})


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("scheme", "PROPORTIONAL", '"prop", "pplns", "pplnt", "solo", "pps" or "score"'),
        ("window", 0, "a number above 0, at most 1000"),
        ("window", 0.0000001, "more than 6 decimals"),
        ("windowSeconds", 1.5, "a whole number above 0"),
        ("scoreSeconds", 0, "a whole number above 0"),
    ],
)
def test_what_means_nothing_is_refused(tmp_path: Path, key: str, value: object, text: str) -> None:
    config = ConfigDir()
    config.put(POOL_FILE, *INTERNAL, key, value=value)
    config.write(tmp_path)
    (problem,) = problems_of(tmp_path, config.environ)
    assert key in problem
    assert text in problem
