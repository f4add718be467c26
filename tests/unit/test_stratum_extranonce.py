from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.stratum.extranonce import MAX_CONNECTIONS, PREFIXES, ExtranonceAllocator, prefix_key


def test_extranonce1_is_the_prefix_and_then_the_index() -> None:
    allocator = ExtranonceAllocator(0xA10F)

    assert [allocator.take() for _ in range(3)] == ["a10f0000", "a10f0001", "a10f0002"]


@pytest.mark.parametrize("prefix", [-1, PREFIXES])
def test_a_prefix_that_does_not_fit_is_a_bug(prefix: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        ExtranonceAllocator(prefix)


def test_the_key_of_a_prefix_is_its_four_digits() -> None:
    assert prefix_key(0x0A) == "000a"
    assert int(prefix_key(0xFFFF), 16) == 0xFFFF


def test_a_freed_one_is_used_again_only_when_no_fresh_one_is_left_and_then_the_oldest_first() -> None:
    allocator = ExtranonceAllocator(1)
    first, second = allocator.take(), allocator.take()
    assert first
    assert second
    allocator.free(second)
    allocator.free(first)

    fresh = [allocator.take() for _ in range(MAX_CONNECTIONS - 2)]

    assert first not in fresh
    assert second not in fresh
    assert [allocator.take(), allocator.take(), allocator.take()] == [second, first, None]


@given(st.lists(st.booleans(), max_size=100))
def test_no_two_open_connections_share_one(steps: list[bool]) -> None:
    allocator = ExtranonceAllocator(7)
    open_ones: list[str] = []
    for connects in steps:
        if connects or not open_ones:
            taken = allocator.take()
            assert taken is not None
            assert taken not in open_ones
            open_ones.append(taken)
        else:
            allocator.free(open_ones.pop(0))
