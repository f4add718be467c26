"""Bisecting finds exactly the items that are refused by themselves, with few questions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from services.payouts.payments.bisection import find_refused


def run(items: Sequence[int], answer: Callable[[Sequence[int]], str | None]) -> tuple[dict[int, str], int]:
    """What is found, and how many questions it took."""
    search = find_refused(items)
    part, asked = next(search), 0
    while True:
        asked += 1
        try:
            part = search.send(answer(part))
        except StopIteration as stop:
            return stop.value, asked


@given(st.integers(1, 300), st.data())
def test_exactly_the_bad_ones_are_found(count: int, data: st.DataObject) -> None:
    bad = data.draw(st.sets(st.integers(0, count - 1), max_size=8))

    def answer(part: Sequence[int]) -> str | None:
        culprits = sorted(bad.intersection(part))
        return f"no {culprits[0]}" if culprits else None

    found, asked = run(range(count), answer)
    assert found == {item: f"no {item}" for item in bad}
    assert asked <= 1 + 2 * len(bad) * math.ceil(math.log2(count) if count > 1 else 0)


@given(st.integers(2, 50), st.integers(1, 49))
def test_nobody_is_blamed_for_what_only_many_together_are(count: int, bearable: int) -> None:
    found, _ = run(range(count), lambda part: "too many" if len(part) > bearable else None)
    assert found == {}
