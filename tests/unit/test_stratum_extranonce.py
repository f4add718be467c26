from __future__ import annotations

import pytest

from services.stratum.extranonce import INDICES, PREFIXES, ExtranonceAllocator, prefix_key


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


def test_each_is_given_once_and_then_the_prefix_is_used_up() -> None:
    allocator = ExtranonceAllocator(1)
    assert allocator.left == INDICES

    given = [allocator.take() for _ in range(INDICES)]

    assert len(set(given)) == INDICES
    assert (given[0], given[-1]) == ("00010000", "0001ffff")
    assert allocator.left == 0
    assert allocator.take() is allocator.take() is None
