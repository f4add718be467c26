"""One piece to many sockets: what each took is what its peer reads."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import powhash
from powhash.sockets import send_to_all
from tests.socket_pairs import descriptors, fill, pairs, read_all

pytestmark = pytest.mark.skipif(
    not powhash.ALGORITHMS, reason="no hash library: test_hash_library_build.py says so"
)

MANY = 300
"""More than one thread does before another is awake."""


@settings(max_examples=40, deadline=None)
@given(count=st.integers(0, 100), data=st.binary(min_size=1, max_size=2000), calls=st.integers(1, 3))
def test_everybody_gets_everything_in_the_order_of_the_calls(count: int, data: bytes, calls: int) -> None:
    pieces = [data + bytes([number]) for number in range(calls)]
    with pairs(count) as made:
        assert [send_to_all(descriptors(made), piece) for piece in pieces] == [[]] * calls
        assert [read_all(peers) for _, peers in made] == [b"".join(pieces)] * count


def test_more_sockets_than_a_thread_takes_at_once_are_each_served_once() -> None:
    with pairs(MANY) as made:
        for number in range(20):
            piece = b"%d\n" % number * 50
            assert send_to_all(descriptors(made), piece) == []
            assert [read_all(peers) for _, peers in made] == [piece] * MANY


def test_who_takes_no_more_or_has_gone_is_told_by_place_and_holds_nobody_up() -> None:
    with pairs(MANY) as made:
        full, gone, closed = 3, 150, 298
        fill(made[full][0])
        made[gone][1].close()
        asked = descriptors(made)
        asked[closed] = os.dup(asked[closed])
        os.close(asked[closed])

        unsent = send_to_all(asked, b"job\n")

        assert unsent == [(full, -errno.EAGAIN), (gone, -errno.EPIPE), (closed, -errno.EBADF)]
        others = [peers for place, (_, peers) in enumerate(made) if place not in {full, gone, closed}]
        assert [read_all(peers) for peers in others] == [b"job\n"] * (MANY - 3)


def test_a_part_that_was_taken_is_counted_in_bytes() -> None:
    with pairs(1) as made:
        ((ours, peers),) = made
        data = os.urandom(8 << 20)

        ((place, sent),) = send_to_all([ours.fileno()], data)

        assert place == 0
        assert 0 < sent < len(data)
        assert read_all(peers) == data[:sent]


def test_a_descriptor_that_is_no_socket_is_told() -> None:
    reading, writing = os.pipe()
    try:
        assert send_to_all([writing], b"job\n") == [(0, -errno.ENOTSOCK)]
    finally:
        os.close(reading)
        os.close(writing)


def test_callers_of_several_threads_do_not_mix() -> None:
    with pairs(MANY) as made, ThreadPoolExecutor(4) as threads:
        groups = [made[start::4] for start in range(4)]
        pieces = [bytes([65 + number]) * 100 for number in range(4)]
        for _ in range(20):
            assert list(threads.map(send_to_all, map(descriptors, groups), pieces)) == [[]] * 4
            for group, piece in zip(groups, pieces, strict=True):
                assert {read_all(peers) for _, peers in group} == {piece}


FORKED = """
import os, socket, sys
from powhash.sockets import send_to_all
pairs = [socket.socketpair() for _ in range(100)]
fds = [ours.fileno() for ours, _ in pairs]
assert send_to_all(fds, b"1") == []
child = os.fork()
if child == 0:
    os._exit(send_to_all(fds, b"2") != [])
_, status = os.waitpid(child, 0)
heard = {peers.recv(10) for _, peers in pairs}
sys.exit(status != 0 or heard != {b"12"})
"""


def test_the_child_of_a_fork_has_threads_of_its_own() -> None:
    program = [sys.executable, "-c", FORKED]
    done = subprocess.run(program, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("fds", "error"), [((1, 2), TypeError), (None, TypeError), (["1"], TypeError), ([-1], ValueError)]
)
def test_what_is_no_list_of_descriptors_is_a_bug(fds: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        send_to_all(fds, b"job\n")  # type: ignore[arg-type]
