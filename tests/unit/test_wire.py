"""Messages as bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.errors import BusError
from nompcore.messages import Tip
from nompcore.wire import decode, encode


@given(st.text(), st.text())
def test_a_message_survives_the_way(pool: str, source: str) -> None:
    tip = Tip(pool=pool, source=source)

    assert decode(Tip, encode(tip)) == tip


def test_a_field_of_a_later_version_is_ignored_and_a_missing_one_has_its_default() -> None:
    assert decode(Tip, b'{"pool": "a", "from_the_future": [1]}') == Tip(pool="a")


@given(st.binary(max_size=50))
def test_any_bytes_are_a_message_or_a_bus_error(data: bytes) -> None:
    try:
        assert isinstance(decode(Tip, data), Tip)
    except BusError as error:
        assert "Tip" in str(error)


@pytest.mark.parametrize("data", [b"", b"{}", b'{"pool": 1}', b"[" * 100_000, b'{"pool": "\xff"}'])
def test_what_is_no_message_is_a_bus_error(data: bytes) -> None:
    with pytest.raises(BusError):
        decode(Tip, data)
