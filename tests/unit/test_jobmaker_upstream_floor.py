"""What an upstream pool may ask for: no difficulty that is none, and none below the operator's floor."""

from __future__ import annotations

import json

import pytest

from nompcore.config import PortConfig
from nompcore.config.ports import VarDiffConfig
from nompcore.config.upstream import UpstreamPool, UpstreamSection
from services.jobmaker.upstream.dialogue import UpstreamDialogue
from services.jobmaker.upstream.events import UpstreamGarbled
from services.jobmaker.upstream.floor import PART, UpstreamTooEasy, difficulty_floor, require_worth

POOLS = [UpstreamPool(host="pool.example", port=3333, user="us")]


@pytest.mark.parametrize("text", ["0", "-0.0", "-8", "NaN", "Infinity", "-Infinity", "1e999", '"8"', "true"])
def test_what_is_no_difficulty_ends_the_connection(text: str) -> None:
    line = b'{"id":null,"method":"mining.set_difficulty","params":[%s]}\n' % text.encode()

    with pytest.raises(UpstreamGarbled):
        UpstreamDialogue("us", "x", 0).receive(line)


@pytest.mark.parametrize("digits", [400, 5000])
def test_a_difficulty_beyond_all_floats_ends_the_connection(digits: int) -> None:
    line = json.dumps({"id": None, "method": "mining.set_difficulty", "params": ["?"]})

    with pytest.raises(UpstreamGarbled):
        UpstreamDialogue("us", "x", 0).receive(line.replace('"?"', "9" * digits).encode() + b"\n")


def test_the_floor_is_a_part_of_the_easiest_ports() -> None:
    fixed, adjusted = (
        PortConfig(diff=512),
        PortConfig(diff=64, var_diff=VarDiffConfig(min_diff=8, max_diff=512)),
    )
    section = UpstreamSection(pools=POOLS)

    assert difficulty_floor(section, [fixed]) == 512 / PART
    assert difficulty_floor(section, [fixed, adjusted]) == 8 / PART
    assert difficulty_floor(section, []) == 0  # no miner can come in


def test_the_operators_floor_is_taken_as_it_is() -> None:
    section = UpstreamSection(pools=POOLS, min_difficulty=1024)

    assert difficulty_floor(section, [PortConfig(diff=8)]) == 1024


@pytest.mark.parametrize("difficulty", [5e-324, 1e-9, 0.0799])
def test_below_the_floor_is_not_worth_it(difficulty: float) -> None:
    with pytest.raises(UpstreamTooEasy, match="minDifficulty"):
        require_worth(difficulty, 0.08)


def test_the_floor_itself_is_worth_it() -> None:
    require_worth(0.08, 0.08)
