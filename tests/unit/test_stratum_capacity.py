from __future__ import annotations

import pytest

from services.stratum.capacity import RESERVED_DESCRIPTORS, Capacity


def test_there_is_room_for_all_descriptors_but_the_reserved_ones() -> None:
    capacity = Capacity(RESERVED_DESCRIPTORS + 2)

    assert [capacity.take() for _ in range(3)] == [True, True, False]
    assert capacity.taken == 2


def test_who_goes_makes_room_for_one() -> None:
    capacity = Capacity(RESERVED_DESCRIPTORS + 1)
    assert capacity.take()
    capacity.give_back()

    assert [capacity.take(), capacity.take()] == [True, False]


@pytest.mark.parametrize("descriptors", [0, RESERVED_DESCRIPTORS])
def test_a_process_with_no_more_than_the_reserve_takes_nobody(descriptors: int) -> None:
    assert not Capacity(descriptors).take()
