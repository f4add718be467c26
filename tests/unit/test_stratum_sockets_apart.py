"""What one miner's socket meets is its own affair: its bug, its end and its slowness are no other's."""

from __future__ import annotations

import os
import socket
from functools import partial

import pytest

from powhash.sockets import AVAILABLE
from tests.socket_pairs import fill, read_all
from tests.socket_stage import SocketStage, Told, each_of, is_ended, is_open, on_both_loops

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="no hash library: test_hash_library_build.py says so")


class BugError(Exception):
    """A bug of a protocol."""


def meet_a_bug(*_: object) -> None:
    raise BugError


async def echoes(stage: SocketStage, count: int) -> list[tuple[Told, socket.socket]]:
    """Miners that send back what their peers say, none of whom has said anything."""
    pairs = [stage.pair() for _ in range(count)]
    for told, _ in pairs:
        told.on_data = told.socket.write
    return pairs


@on_both_loops
async def test_a_bug_met_by_what_came_ends_one_connection_only(stage: SocketStage) -> None:
    pairs = await echoes(stage, 5)
    bad, bad_peer = pairs[2]
    bad.on_data = each_of(lambda: bad.socket.write(b"unsent"), meet_a_bug)
    for _, peer in pairs:
        peer.send(b"one\n")
    await stage.turns()
    del pairs[2]
    for _, peer in pairs:
        peer.send(b"two\n")
    await stage.turns()

    assert isinstance(stage.take_fault(), BugError)
    assert bad.lost == [None]
    assert is_ended(bad_peer)
    assert [read_all(peer) for _, peer in pairs] == [b"one\ntwo\n"] * 4
    assert all(told.lost == [] for told, _ in pairs)


@on_both_loops
async def test_a_bug_met_by_a_newcomer_ends_it(stage: SocketStage) -> None:
    bad = Told()
    bad.on_made = meet_a_bug
    _, peer = stage.pair(bad)
    (_, other_peer), *_ = await echoes(stage, 1)
    other_peer.send(b"hello")
    await stage.turns()

    assert isinstance(stage.take_fault(), BugError)
    assert bad.lost == [None]
    assert not is_open(bad.socket.descriptor)
    assert is_ended(peer)
    assert read_all(other_peer) == b"hello"


@on_both_loops
async def test_a_bug_met_by_a_full_kernel_ends_one_connection_and_nobody_hears_twice(
    stage: SocketStage,
) -> None:
    pairs = await echoes(stage, 3)
    bad, _ = pairs[1]
    bad.socket.set_write_buffer_limits(high=5)
    bad.on_pause = meet_a_bug
    with socket.socket(fileno=os.dup(bad.socket.descriptor)) as ours:
        fill(ours)
    for told, _ in pairs:
        told.socket.write(b"a job\n")
    await stage.turns()
    for told, _ in pairs:
        told.socket.write(b"another\n")
    await stage.turns()

    assert isinstance(stage.take_fault(), BugError)
    assert bad.lost == [None]
    assert [read_all(peer) for _, peer in (pairs[0], pairs[2])] == [b"a job\nanother\n"] * 2


@on_both_loops
async def test_a_bug_met_by_a_slow_reader_is_not_its_writers(stage: SocketStage) -> None:
    told, _ = stage.pair()
    told.socket.set_write_buffer_limits(high=5)
    told.on_pause = meet_a_bug
    await stage.block(told)
    told.socket.write(b"a job for all\n")  # as a broadcast does, which goes on with the next miner
    await stage.turns()

    assert isinstance(stage.take_fault(), BugError)
    assert told.lost == [None]


@on_both_loops
async def test_a_bug_met_at_the_end_frees_the_descriptor(stage: SocketStage) -> None:
    told, peer = stage.pair()
    told.on_lost = meet_a_bug
    peer.close()
    await stage.until(lambda: told.lost)
    await stage.turns()

    assert isinstance(stage.take_fault(), BugError)
    assert not is_open(told.socket.descriptor)


@on_both_loops
async def test_one_that_another_one_ends_hears_nothing_more(stage: SocketStage) -> None:
    for end in ("abort", "close"):
        (first, first_peer), (second, second_peer), (_, third_peer) = await echoes(stage, 3)
        first.on_data = each_of(getattr(second.socket, end))
        for peer in (first_peer, second_peer, third_peer):
            peer.send(b"hello")
        await stage.turns()

        assert second.pieces == []
        assert second.lost == [None]
        assert is_ended(second_peer)
        assert read_all(third_peer) == b"hello"
        assert first.lost == []


@on_both_loops
async def test_one_that_another_one_closes_hears_nothing_more_while_it_sends_the_rest(
    stage: SocketStage,
) -> None:
    (first, first_peer), (second, second_peer) = await echoes(stage, 2)
    written = await stage.block(second)
    first.on_data = each_of(second.socket.close)
    for peer in (first_peer, second_peer):
        peer.send(b"hello")
    await stage.turns()

    assert second.heard == b""
    assert read_all(second_peer) == written[:-1]
    await stage.turns()
    assert second_peer.recv(2) == b"."
    assert second.lost == [None]


@on_both_loops
async def test_a_newcomer_of_the_turn_in_which_another_one_ends_is_not_taken_for_it(
    stage: SocketStage,
) -> None:
    (first, first_peer), (second, second_peer) = await echoes(stage, 2)
    newcomers: list[tuple[Told, socket.socket]] = []

    def replace(_: bytes) -> None:
        second.socket.abort()
        newcomers.append(stage.pair())

    first.on_data = replace
    first_peer.send(b"replace it")
    second_peer.send(b"for the second")
    await stage.turns()
    ((newcomer, peer),) = newcomers
    peer.send(b"for the newcomer")
    await stage.turns()

    assert (second.heard, newcomer.heard) == (b"", b"for the newcomer")


@on_both_loops
async def test_what_a_slow_reader_makes_another_one_say_is_said(stage: SocketStage) -> None:
    pairs = await echoes(stage, 3)
    slow, _ = pairs[0]
    slow.socket.set_write_buffer_limits(high=5)
    slow.on_pause = each_of(*(partial(told.socket.write, b"one is slow\n") for told, _ in pairs[1:]))
    with socket.socket(fileno=os.dup(slow.socket.descriptor)) as ours:
        fill(ours)
    for told, _ in pairs:
        told.socket.write(b"a job\n")
    await stage.turns()

    assert [read_all(peer) for _, peer in pairs[1:]] == [b"a job\none is slow\n"] * 2


@on_both_loops
async def test_one_that_a_slow_reader_ends_is_ended_once(stage: SocketStage) -> None:
    pairs = await echoes(stage, 3)
    slow, _ = pairs[0]
    slow.socket.set_write_buffer_limits(high=5)
    slow.on_pause = each_of(slow.socket.abort, pairs[1][0].socket.abort, pairs[2][0].socket.close)
    with socket.socket(fileno=os.dup(slow.socket.descriptor)) as ours:
        fill(ours)
    for told, _ in pairs:
        told.socket.write(b"a job\n")
    await stage.turns()

    assert [told.lost for told, _ in pairs] == [[None]] * 3
    assert read_all(pairs[2][1]) == b"a job\n"
