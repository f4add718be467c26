"""Below which difficulty an upstream pool is of no use to us. Pure.

No miner's difficulty is above the upstream pool's, and each share that meets it is sent there: one near 0
would make a share of everything that our miners hash, and be paid with next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from nompcore.config.ports import PortConfig
from nompcore.config.upstream import UpstreamSection

PART = 100
"""Of the easiest port's difficulty: upstream pools that follow the hashrate of a small pool stay above."""


class UpstreamTooEasy(Exception):  # noqa: N818 - it says what is the case
    """The upstream pool's difficulty is below the floor."""


def difficulty_floor(section: UpstreamSection, ports: Iterable[PortConfig]) -> float:
    """The lowest difficulty of an upstream pool that is used."""
    if section.min_difficulty is not None:
        return section.min_difficulty
    return min((_easiest(port) for port in ports), default=0.0) / PART


def require_worth(difficulty: float, floor: float) -> None:
    """Raises UpstreamTooEasy below the floor."""
    if difficulty < floor:
        raise UpstreamTooEasy(f"a difficulty of {difficulty:g} is below upstream.minDifficulty, {floor:g}")


def _easiest(port: PortConfig) -> float:
    return port.diff if port.var_diff is None else min(port.diff, port.var_diff.min_diff)
