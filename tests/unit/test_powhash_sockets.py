"""Reading and writing many sockets in one call: what the kernel said, of each of them."""

from __future__ import annotations

import errno
import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powhash.sockets import ARENA_BYTES, AVAILABLE, receive_some, send_each
from tests.socket_pairs import descriptors, fill, pairs, read_all, reset, tcp_pair

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="no hash library: test_hash_library_build.py says so")

READ_BYTES = 16384
"""What one call reads of one socket."""


@contextmanager
def watching(*sockets: socket.socket, wanted: int = select.EPOLLIN) -> Iterator[select.epoll]:
    with select.epoll() as epoll:
        for one in sockets:
            epoll.register(one, wanted)
        yield epoll


def received(epoll: select.epoll, arena_bytes: int = ARENA_BYTES) -> list[tuple[int, bytes | int | None]]:
    return receive_some(epoll.fileno(), bytearray(arena_bytes))


def test_what_came_is_told_by_descriptor() -> None:
    with pairs(4) as made, watching(*(ours for ours, _ in made)) as epoll:
        made[0][1].send(b"one")
        made[1][1].send(b"two")
        made[2][1].close()

        first, second, third, _ = descriptors(made)
        assert sorted(received(epoll), key=lambda one: one[0]) == [
            (first, b"one"), (second, b"two"), (third, 0),
        ]  # fmt: skip
        assert received(epoll) == [(third, 0)]  # watched by level: for its owner to look away


def test_a_reset_is_told_after_the_last_bytes() -> None:
    with tcp_pair() as (ours, peer), watching(ours) as epoll:
        peer.send(b"last words")
        reset(peer)

        assert received(epoll)[0] == (ours.fileno(), b"last words")
        assert received(epoll)[0] == (ours.fileno(), errno.ECONNRESET)


def test_room_to_write_is_told_as_none_beside_what_came() -> None:
    with pairs(1) as [(ours, peer)], watching(ours, wanted=select.EPOLLIN | select.EPOLLOUT) as epoll:
        assert received(epoll) == [(ours.fileno(), None)]
        peer.send(b"and bytes")
        assert received(epoll) == [(ours.fileno(), b"and bytes"), (ours.fileno(), None)]
        fill(ours)
        assert received(epoll) == []


def test_an_end_is_told_even_to_who_looks_out_for_room_only() -> None:
    with pairs(1) as [(ours, peer)], watching(ours, wanted=select.EPOLLOUT) as epoll:
        fill(ours)
        assert received(epoll) == []
        peer.close()
        assert received(epoll) == [(ours.fileno(), None)]


def test_an_end_is_told_even_to_who_looks_out_for_nothing() -> None:
    with pairs(1) as [(ours, peer)], watching(ours, wanted=0) as epoll:
        peer.send(b"x")
        assert received(epoll) == []
        peer.close()
        assert received(epoll) == [(ours.fileno(), None)]


def test_who_finds_that_another_has_read_everything_is_not_told() -> None:
    with pairs(1) as [(ours, peer)], ours.dup() as twin, watching(ours, twin) as epoll:
        peer.send(b"once")
        assert [data for _, data in received(epoll)] == [b"once"]


def test_one_call_reads_a_part_of_a_flood_and_the_next_the_rest() -> None:
    data = os.urandom(3 * READ_BYTES + 5)
    with pairs(1) as [(ours, peer)], watching(ours) as epoll:
        peer.sendall(data)
        pieces = [received(epoll) for _ in range(4)]

        assert [len(piece[0][1]) for piece in pieces] == [READ_BYTES] * 3 + [5]  # type: ignore[arg-type]
        assert b"".join(piece[0][1] for piece in pieces) == data  # type: ignore[misc]
        assert received(epoll) == []


def test_who_finds_no_room_in_the_arena_waits() -> None:
    with pairs(2) as made, watching(*(ours for ours, _ in made)) as epoll:
        for _, peer in made:
            peer.send(b"." * READ_BYTES)
        assert received(epoll, 0) == []
        heard = dict.fromkeys(descriptors(made), 0)
        for _ in range(4):
            for descriptor, data in received(epoll, READ_BYTES):
                heard[descriptor] += len(data) if isinstance(data, bytes) else 0

        assert heard == dict.fromkeys(descriptors(made), READ_BYTES)
        assert received(epoll, READ_BYTES) == []


def test_floods_that_fill_the_arena_do_not_keep_others_from_being_read() -> None:
    floods = ARENA_BYTES // READ_BYTES + 1
    with pairs(floods + 1) as made, watching(*(ours for ours, _ in made)) as epoll:
        for _, peer in made[:floods]:
            fill(peer)
        honest, peer = made[floods]
        peer.send(b"honest")
        heard: set[int] = set()
        for _ in range(2 * floods):
            heard |= {descriptor for descriptor, _ in received(epoll)}
            for _, flooding in made[:floods]:
                fill(flooding)

        assert honest.fileno() in heard
        assert heard == set(descriptors(made))


def test_more_sockets_than_a_call_reads_are_all_read() -> None:
    with pairs(300) as made, watching(*(ours for ours, _ in made)) as epoll:
        for number, (_, peer) in enumerate(made):
            peer.send(b"%d" % number)
        heard: dict[int, bytes | int | None] = {}
        for _ in range(3):
            told = received(epoll)
            assert not heard.keys() & dict(told).keys()
            heard |= told

        assert heard == {ours.fileno(): b"%d" % number for number, (ours, _) in enumerate(made)}


def test_a_descriptor_that_is_no_socket_is_an_errno() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading), os.fdopen(writing, "wb", 0) as pipe, select.epoll() as epoll:
        epoll.register(reading, select.EPOLLIN)
        pipe.write(b"x")
        assert received(epoll) == [(reading, errno.ENOTSOCK)]


@pytest.mark.parametrize("arena", [b"." * ARENA_BYTES, memoryview(b"." * ARENA_BYTES), None, "arena"])
def test_an_arena_must_be_writable(arena: object) -> None:
    with select.epoll() as epoll, pytest.raises(TypeError):
        receive_some(epoll.fileno(), arena)  # type: ignore[arg-type]


def test_who_is_no_epoll_is_an_error() -> None:
    with select.epoll() as epoll:
        closed = epoll.fileno()
    with pytest.raises(OSError) as told:
        receive_some(closed, bytearray(ARENA_BYTES))
    assert told.value.errno == errno.EBADF
    with pairs(1) as [(ours, _)], pytest.raises(OSError) as told:
        receive_some(ours.fileno(), bytearray(ARENA_BYTES))
    assert told.value.errno == errno.EINVAL


@settings(max_examples=30)
@given(pieces=st.lists(st.binary(max_size=2000), max_size=60))
def test_each_gets_its_own(pieces: list[bytes]) -> None:
    with pairs(len(pieces)) as made:
        assert send_each(descriptors(made), pieces) == []
        assert [read_all(peer) for _, peer in made] == pieces


def test_a_socket_that_stands_twice_in_the_list_gets_both_in_order() -> None:
    with pairs(1) as [(ours, peer)]:
        assert send_each([ours.fileno()] * 2, [b"a", b"b"]) == []
        assert read_all(peer) == b"ab"


def test_who_does_not_take_all_is_told_by_place_and_holds_nobody_up() -> None:
    with pairs(6) as made:
        asked, long = descriptors(made), os.urandom(8 << 20)
        fill(made[0][0])
        made[1][1].close()
        reading, asked[3] = os.pipe()
        asked[2] = os.dup(asked[2])
        os.close(asked[2])
        try:
            unsent = send_each(asked, [b"job\n"] * 4 + [long, b"job\n"])
        finally:
            os.close(reading)
            os.close(asked[3])

        (place, sent) = unsent.pop()
        expected = [errno.EAGAIN, errno.EPIPE, errno.EBADF, errno.ENOTSOCK]
        assert unsent == [(place, -error) for place, error in enumerate(expected)]
        assert place == 4
        assert 0 < sent < len(long)
        assert read_all(made[4][1]) == long[:sent]
        assert read_all(made[5][1]) == b"job\n"


def test_a_peer_that_has_gone_sends_no_signal() -> None:
    # Python ignores SIGPIPE, so only a process that does not can tell
    program = """
import errno, signal, socket
from powhash.sockets import send_each
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
ours, peers = socket.socketpair()
peers.close()
assert send_each([ours.fileno()], [b"x"]) == [(0, -errno.EPIPE)]
"""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", program], env=environ, check=False).returncode == 0


def test_nobody_is_no_work() -> None:
    assert send_each([], []) == []


@pytest.mark.parametrize(
    ("fds", "data", "error"),
    [
        ([1, 2], [b""], ValueError),
        ([], [b""], ValueError),
        ((1,), [b""], TypeError),
        ([1], (b"",), TypeError),
        (None, None, TypeError),
        ([1], ["text"], TypeError),
        ([1], [bytearray(b"x")], TypeError),
        (["1"], [b""], TypeError),
        ([-1], [b""], ValueError),
        ([1 << 31], [b""], ValueError),
        ([1 << 70], [b""], OverflowError),
    ],
)
def test_what_is_no_list_of_sockets_and_bytes_is_a_bug(
    fds: object, data: object, error: type[Exception]
) -> None:
    with pytest.raises(error):
        send_each(fds, data)  # type: ignore[arg-type]


def test_nothing_is_sent_when_one_of_the_list_is_a_bug() -> None:
    with pairs(1) as [(ours, peer)]:
        with pytest.raises(TypeError):
            send_each([ours.fileno(), 1], [b"x", "no bytes"])  # type: ignore[list-item]
        assert read_all(peer) == b""
