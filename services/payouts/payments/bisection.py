"""Who spoils it for all? Finds the items that are refused by themselves, by asking about parts. Pure."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TypeVar

T = TypeVar("T")

Search = Generator[Sequence[T], str | None, dict[T, str]]
"""Yields parts to ask about; wants the words of a refusal, or None where the part is taken."""


def find_refused(items: Sequence[T]) -> Search[T]:
    """The items that are refused when they stand alone, with the words of their refusal.

    Empty when nothing is refused, or a whole is whose parts are not: then no single item is to blame. For
    `k` of `n` items it asks at most 1 + 2k⌈log₂ n⌉ times.
    """
    refusal = yield items
    if refusal is None:
        return {}
    if len(items) == 1:
        return {items[0]: refusal}
    middle = len(items) // 2
    left = yield from find_refused(items[:middle])
    right = yield from find_refused(items[middle:])
    return {**left, **right}
