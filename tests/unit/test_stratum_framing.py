from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.stratum.framing import MAX_LINE_BYTES, LineBuffer, LineTooLongError


def lines_of(chunks: list[bytes]) -> list[bytes]:
    buffer, lines = LineBuffer(), []
    for chunk in chunks:
        buffer.feed(chunk)
        while (line := buffer.next_line()) is not None:
            lines.append(line)
    return lines


def test_lines_come_out_without_newline_and_empty_ones_not_at_all() -> None:
    assert lines_of([b"one\n\n\ntwo\nthr", b"ee", b"\nfour"]) == [b"one", b"two", b"three"]


@given(st.lists(st.sampled_from([b"\n", b"\n" * 5000, b"a\n", b"bc\n", b"d"]), max_size=12))
def test_empty_lines_are_passed_over_wherever_they_come(chunks: list[bytes]) -> None:
    expected = [line for line in b"".join(chunks).split(b"\n")[:-1] if line]

    assert lines_of(chunks) == expected


@given(st.lists(st.binary(max_size=20).filter(lambda line: b"\n" not in line and line)), st.data())
def test_the_cuts_between_packets_do_not_matter(lines: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(line + b"\n" for line in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    edges = [0, *cuts, len(stream)]

    assert lines_of([stream[a:b] for a, b in itertools.pairwise(edges)]) == lines


def test_a_line_of_the_limit_passes_and_one_byte_more_does_not() -> None:
    assert lines_of([b"x" * MAX_LINE_BYTES + b"\n"]) == [b"x" * MAX_LINE_BYTES]
    with pytest.raises(LineTooLongError):
        lines_of([b"x" * (MAX_LINE_BYTES + 1) + b"\n"])


def test_bytes_without_newline_are_refused_before_they_pile_up() -> None:
    with pytest.raises(LineTooLongError):
        lines_of([b"x" * 1000] * 11)


def test_a_burst_of_complete_lines_above_the_limit_is_no_flood() -> None:
    burst = b"x" * 100 + b"\n"

    assert len(lines_of([burst * 200])) == 200


def test_lines_before_an_endless_one_are_still_given_out() -> None:
    buffer = LineBuffer()
    buffer.feed(b"one\n" + b"x" * 20000)

    assert buffer.next_line() == b"one"
    with pytest.raises(LineTooLongError):
        buffer.next_line()
