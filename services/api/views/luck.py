"""Luck: how much less work the last blocks took than blocks take on average. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from nompcore.requests import BlockRow
from services.api.views.models import Luck

LUCK_BLOCKS = (16, 64)
"""Over how many of the newest blocks it is told, the fewest first."""

NO_BLOCK = "rejected"


def lucks(blocks: Iterable[BlockRow]) -> list[Luck]:
    """Luck over each number of `LUCK_BLOCKS`; `blocks` are the newest first.

    Blocks that the daemons refused count for nothing, and neither do those whose round's work is not known.
    """
    efforts = [row.effort for row in blocks if row.effort > 0 and row.status != NO_BLOCK]
    return [_luck(number, efforts[:number]) for number in LUCK_BLOCKS]


def _luck(number: int, efforts: list[float]) -> Luck:
    percent = 100 * len(efforts) / sum(efforts) if efforts else None
    return Luck(last=number, blocks=len(efforts), percent=percent)
