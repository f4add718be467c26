"""The pure parts of the web site: texts, curves, charts, pages of lists, command lines."""

from __future__ import annotations

import dataclasses
import doctest
import re
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.algorithms import MULTIPLIERS
from nompcore.config import PortConfig
from services.api.site import environment, miner_programs, paging, sparkline
from services.api.site.charts import MAX_POINTS, luck, pool_charts
from services.api.site.connecting import entrance
from services.api.site.kept import Kept
from services.api.site.miner_programs import ASIC, CPUMINER_OPT, commands
from services.api.site.paging import MAX_PAGES, PAGE_ROWS, Paging, offset_of
from services.api.site.sparkline import HEIGHT, WIDTH, averaged, spark_points
from services.api.site.texts import Texts, read_texts
from services.api.state.live import LiveState
from tests.unit import api_samples as samples
from tests.unit.chain_samples import coin

TEMPLATES = Path(environment.__file__).parents[1] / "templates"


@pytest.mark.parametrize("module", [environment, miner_programs, paging, sparkline])
def test_examples_in_docstrings_hold(module: ModuleType) -> None:
    result = doctest.testmod(module)

    assert result.attempted > 0
    assert result.failed == 0


def test_every_text_is_used_and_every_used_text_is_there() -> None:
    templates = "\n".join(path.read_text() for path in TEMPLATES.rglob("*.html"))
    used = set(re.findall(r"""\bt\(\s*["']([a-z_.]+)["'][),]""", templates))
    families = tuple(re.findall(r"""\(?["']([a-z]+\.)["'] ~ """, templates))
    catalogue = set(read_texts().catalogue)

    assert used <= catalogue
    assert {key for key in catalogue - used if not key.startswith(families)} == set()


def test_templates_hold_no_sentence_of_their_own() -> None:
    for path in TEMPLATES.rglob("*.html"):
        bare = re.sub(r"{[%{#].*?[%}#]}|<code>.*?</code>|<[^>]+>", " ", path.read_text(), flags=re.DOTALL)

        assert re.findall(r"[A-Za-z]{3,}", bare.replace("&nbsp;", "")) == [], path.name


def test_values_in_texts_are_escaped() -> None:
    texts = Texts({"greeting": "<b>{name}</b>"})

    assert texts("greeting", name="<i>") == "<b>&lt;i&gt;</b>"


@given(st.lists(st.floats(0, 1e21), max_size=400), st.integers(1, 200))
def test_averages_are_few_and_keep_the_sum_of_equal_groups(values: list[float], most: int) -> None:
    drawn = averaged(values, most)

    assert len(drawn) <= most
    if values and len(values) % len(drawn) == 0:
        assert sum(drawn) * (len(values) // len(drawn)) == pytest.approx(sum(values))


@given(st.lists(st.floats(0, 1e21), min_size=2, max_size=300))
def test_a_curve_stays_in_its_box(values: list[float]) -> None:
    points = [tuple(map(float, point.split(","))) for point in spark_points(values).split()]

    assert len(points) >= 2
    assert points[0][0] == 0
    assert points[-1][0] == WIDTH
    assert all(0 <= y <= HEIGHT for _, y in points)


def test_a_curve_of_nothing_is_flat() -> None:
    assert spark_points([0.0, 0.0]) == "0.0,58.0 300.0,58.0"


def test_charts_tell_blocks_in_the_order_they_were_found() -> None:
    rows = [
        samples.block_row(time_ms=3000, effort=2.0, network_difficulty=3 * 65536.0),
        samples.block_row(time_ms=2000, effort=0.5, status="rejected"),
        samples.block_row(time_ms=1000, effort=1.0, network_difficulty=2 * 65536.0),
        samples.block_row(
            time_ms=500, effort=0.0, network_difficulty=0.0
        ),  # from a time when nothing was known of efforts
    ]

    charts = pool_charts(samples.history(), rows, coin("litecoin.json"))

    assert charts["effort"] == ([1.0, 3.0], [100.0, 200.0])
    assert charts["difficulty"] == ([1.0, 3.0], [2.0, 3.0])
    assert charts["luck"] == ([1.0, 3.0], [100.0, pytest.approx(100 * 2 / 3)])
    assert charts["hashrate"][1] == [2_000_000.0, 2_250_000.0]


def test_luck_forgets_what_is_long_past() -> None:
    rows = [samples.block_row(time_ms=n, effort=10.0 if n == 0 else 0.5) for n in range(40)]

    assert luck(rows)[1][-1] == 200


def test_a_long_history_is_thinned() -> None:
    points = [samples.history_point(100_000 - age, hashrate=1.0) for age in range(3_000)]

    times, values = pool_charts(points, [], coin("litecoin.json"))["hashrate"]

    assert len(times) == len(values) <= MAX_POINTS
    assert times == sorted(times)


@given(st.integers(1, MAX_PAGES), st.integers(0, 10**7))
def test_pages_lie_side_by_side(number: int, total: int) -> None:
    page = Paging(number, total)

    assert page.first <= max(page.last, page.first)
    assert 0 <= page.last <= total
    if page.next:
        assert page.last == number * PAGE_ROWS == offset_of(page.next)
        assert Paging(page.next, total).previous == number
    if page.previous:
        assert 1 <= page.previous <= page.pages


def test_all_pages_together_show_every_row_once() -> None:
    shown = [
        row
        for number in range(1, Paging(1, 137).pages + 1)
        for row in range(Paging(number, 137).first, Paging(number, 137).last + 1)
    ]

    assert shown == list(range(1, 138))


def test_programs_are_for_known_algorithms_only() -> None:
    assert set(CPUMINER_OPT) <= set(MULTIPLIERS)
    assert set(MULTIPLIERS) >= ASIC


@pytest.mark.parametrize("algorithm", MULTIPLIERS)
@pytest.mark.parametrize("tls", [True, False])
def test_no_program_is_offered_what_it_cannot_mine(algorithm: str, tls: bool) -> None:
    for command in commands(algorithm, "pool.example", 3333, tls=tls):
        assert command.program in ("cpuminer-opt", "cgminer", "bfgminer")
        assert "pool.example:3333 -u " in command.before
        assert command.program == "cpuminer-opt" or (algorithm in ("sha256", "scrypt") and not tls)


def test_a_port_with_tls_says_so() -> None:
    pool = samples.pool_config()
    ports = {
        1: PortConfig.model_validate({"tls": True}),
        2: PortConfig.model_validate({"tls": "auto"}),
        3: PortConfig(),
    }

    doors = entrance(dataclasses.replace(pool, ports=ports), "h").doors

    assert [(door.url, door.tls, door.tls_too) for door in doors] == [
        ("stratum+ssl://h:1", True, False),
        ("stratum+tcp://h:2", False, True),
        ("stratum+tcp://h:3", False, False),
    ]


def test_what_is_derived_is_made_once_a_gathering() -> None:
    state = LiveState([samples.POOL], interval_seconds=1, retention_seconds=1)
    kept, made = Kept[int](state), iter(range(9))

    first = [kept.get("a", lambda: next(made)), kept.get("a", lambda: next(made))]
    state.gathered(0)

    assert first == [0, 0]
    assert kept.get("a", lambda: next(made)) == 1
