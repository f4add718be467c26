"""Sockets of the service over real ones: who hears what, when, and in how many calls of the kernel."""

from __future__ import annotations

import asyncio
import os
import socket
from functools import partial

import pytest

from powhash.sockets import ARENA_BYTES, AVAILABLE
from tests.socket_pairs import fill, read_all, tcp_pair
from tests.socket_stage import SocketStage, is_ended, messages, on_both_loops

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="no hash library: test_hash_library_build.py says so")

READ_BYTES = 16384
"""What one turn reads of one socket."""

FLOOD_BYTES = 10 << 20


@on_both_loops
async def test_each_peer_hears_its_own_in_order(stage: SocketStage) -> None:
    pairs = [stage.pair() for _ in range(40)]
    for told, _ in pairs:
        told.on_data = told.socket.write
    for count in range(5):
        for number, (_, peer) in enumerate(pairs):
            peer.send(b"%d to %d\n" % (count, number))
        await stage.turns()

    for number, (_, peer) in enumerate(pairs):
        assert read_all(peer) == b"".join(b"%d to %d\n" % (count, number) for count in range(5))


@on_both_loops
async def test_over_tcp_too_until_the_peer_has_gone(stage: SocketStage) -> None:
    with tcp_pair() as (ours, peer):
        told = stage.add(ours)
        told.on_data = told.socket.write
        said = os.urandom(1 << 20)
        loop = asyncio.get_running_loop()
        saying = loop.create_task(loop.sock_sendall(peer, said))

        assert await stage.read(peer, len(said)) == said
        await saying
        peer.shutdown(socket.SHUT_WR)
        assert await stage.read_to_the_end(peer) == b""
        assert told.lost == [None]


@on_both_loops
async def test_what_is_written_in_one_turn_leaves_together(stage: SocketStage) -> None:
    told, peer = stage.pair(kind=socket.SOCK_SEQPACKET)
    told.socket.write(b"at once, ")
    for piece in (b"from ", b"other ", b"callbacks"):
        asyncio.get_running_loop().call_soon(told.socket.write, piece)
    asyncio.get_running_loop().call_soon(partial(told.socket.writelines, [b", as ", b"lists"]))
    assert messages(peer) == []
    await stage.turns()
    first, *_ = heard = messages(peer)

    assert b"".join(heard) == b"at once, from other callbacks, as lists"
    assert len(heard) <= 2
    assert first.startswith(b"at once, ")


@on_both_loops
async def test_the_answers_to_one_packet_leave_together(stage: SocketStage) -> None:
    pairs = [stage.pair(kind=socket.SOCK_SEQPACKET) for _ in range(3)]
    (first, _), *_ = pairs

    def answer(data: bytes) -> None:
        for piece in data.split():
            for told, _ in pairs:
                told.socket.write(piece)

    first.on_data = answer
    pairs[0][1].send(b"a b c")
    await stage.turns()

    assert [messages(peer) for _, peer in pairs] == [[b"abc"]] * 3


@on_both_loops
async def test_what_was_written_leaves_together_before_the_end(stage: SocketStage) -> None:
    told, peer = stage.pair(kind=socket.SOCK_SEQPACKET)
    told.socket.write(b"last ")
    told.socket.write(b"words")
    told.socket.close()
    told.socket.write(b"too late")
    assert told.socket.is_closing()
    await stage.until(lambda: told.lost)

    assert messages(peer) == [b"last words"]
    assert is_ended(peer)
    assert told.lost == [None]


@on_both_loops
async def test_what_was_written_to_one_that_aborts_is_dropped(stage: SocketStage) -> None:
    told, peer = stage.pair()
    told.socket.write(b"never")
    told.socket.abort()
    told.socket.write(b"sent")
    told.socket.close()
    await stage.until(lambda: told.lost)

    assert is_ended(peer)
    assert told.socket.get_write_buffer_size() == 0


@on_both_loops
async def test_any_bytes_can_be_written_and_none_is_nothing(stage: SocketStage) -> None:
    told, peer = stage.pair(kind=socket.SOCK_SEQPACKET)
    for data in (b"", bytearray(b"1"), memoryview(b"2"), b"3", bytearray(b"")):
        told.socket.write(data)
    await stage.turns()
    told.socket.write(b"")
    await stage.turns()

    assert messages(peer) == [b"123"]


@on_both_loops
async def test_a_buffer_may_change_once_it_is_written(stage: SocketStage) -> None:
    told, peer = stage.pair()
    buffer = bytearray(b"as it was")
    told.socket.write(buffer)
    buffer[:] = b"otherwise"
    await stage.turns()

    assert read_all(peer) == b"as it was"


@on_both_loops
async def test_a_peer_that_does_not_read_gets_everything_when_it_does(stage: SocketStage) -> None:
    told, peer = stage.pair()
    written = await stage.block(told)
    for number in range(200):
        piece = b"%d\n" % number * 100
        told.socket.write(piece)
        written += piece
        if number % 50 == 0:
            await stage.turns()
    told.socket.close()
    await stage.turns()
    assert told.lost == []

    assert await stage.read_to_the_end(peer) == written
    assert told.lost == [None]


@on_both_loops
async def test_more_than_the_limit_must_wait_for_the_peer_before_the_protocol_is_told(
    stage: SocketStage,
) -> None:
    told, _ = stage.pair()
    told.socket.set_write_buffer_limits(high=100)
    told.socket.write(b"." * 1000)  # the kernel has room for it
    await stage.turns()
    assert told.socket.get_write_buffer_size() == 0

    await stage.block(told)
    told.socket.write(b"." * 99)
    await stage.turns()
    assert told.pauses == []

    told.socket.write(b".")
    assert told.pauses == [101]


@on_both_loops
async def test_a_part_that_the_kernel_has_no_room_for_counts_at_once(stage: SocketStage) -> None:
    told, peer = stage.pair()
    told.socket.set_write_buffer_limits(high=100)
    told.socket.write(data := os.urandom(8 << 20))
    await stage.turns()

    (waiting,) = told.pauses
    heard = read_all(peer)
    assert heard + data[-waiting:] == data


@on_both_loops
async def test_without_a_limit_nobody_is_told(stage: SocketStage) -> None:
    told, _ = stage.pair()
    await stage.block(told)
    told.socket.write(b"." * (1 << 20))
    await stage.turns()

    assert told.pauses == []


@on_both_loops
async def test_a_pause_loses_nothing_and_keeps_the_order(stage: SocketStage) -> None:
    told, peer = stage.pair()
    said = [b"%d\n" % number for number in range(60)]
    for number, piece in enumerate(said):
        peer.send(piece)
        if number % 3 == 0:
            told.socket.pause_reading()
            told.socket.pause_reading()
        if number % 5 == 0:
            told.socket.resume_reading()
            told.socket.resume_reading()
        before = list(told.pieces)
        await stage.turns()
        if number % 15 == 3:  # paused since, and nothing was on its way
            assert told.pieces == before
    told.socket.resume_reading()
    await stage.turns()

    assert told.heard == b"".join(said)


@on_both_loops
async def test_what_was_read_in_the_turn_of_a_pause_is_delivered(stage: SocketStage) -> None:
    (first, first_peer), (second, second_peer) = stage.pair(), stage.pair()
    first.on_data = lambda data: second.socket.pause_reading()
    first_peer.send(b"pause")
    second_peer.send(b"a share")
    await stage.turns()
    second_peer.send(b" and another")
    await stage.turns()

    assert (first.heard, second.heard) == (b"pause", b"a share")
    second.socket.resume_reading()
    await stage.turns()
    assert second.heard == b"a share and another"


@on_both_loops
async def test_a_flood_is_read_a_little_each_turn_beside_the_others(stage: SocketStage) -> None:
    flooded, flood = stage.pair()
    honest, peer = stage.pair()
    loop = asyncio.get_running_loop()
    sending = loop.create_task(loop.sock_sendall(flood, os.urandom(FLOOD_BYTES)))
    before, served = 0, 0
    while not sending.done():
        peer.send(b".")
        await asyncio.sleep(0)
        now = sum(map(len, flooded.pieces))
        assert now - before <= READ_BYTES
        before, served = now, served + 1
    await stage.until(lambda: sum(map(len, flooded.pieces)) == FLOOD_BYTES)

    assert served > FLOOD_BYTES // READ_BYTES // 2
    assert len(honest.heard) == served
    assert len(honest.pieces) > served // 2


@on_both_loops
async def test_many_floods_do_not_keep_a_miner_from_being_read(stage: SocketStage) -> None:
    floods = [stage.pair() for _ in range(ARENA_BYTES // READ_BYTES + 1)]
    for _, flood in floods:
        fill(flood)
    honest, peer = stage.pair()
    peer.send(b"a share")
    for _ in range(10 * len(floods)):
        await asyncio.sleep(0)
        for _, flood in floods:
            fill(flood)

    assert honest.heard == b"a share"
    assert all(flooded.pieces for flooded, _ in floods)


@on_both_loops
async def test_more_than_fits_into_the_arena_or_one_call_all_arrives(stage: SocketStage) -> None:
    pairs = [stage.pair() for _ in range(300)]
    said = [bytes([number % 256]) * READ_BYTES for number in range(300)]
    for (_, peer), piece in zip(pairs, said, strict=True):
        peer.send(piece)
    await stage.until(lambda: all(len(told.heard) == READ_BYTES for told, _ in pairs))

    assert [told.heard for told, _ in pairs] == said


@on_both_loops
async def test_a_half_closed_peer_gets_what_was_written_before(stage: SocketStage) -> None:
    told, peer = stage.pair()
    told.on_data = lambda data: told.socket.write(b"answer to " + data)
    peer.send(b"this")
    peer.shutdown(socket.SHUT_WR)
    assert await stage.read_to_the_end(peer) == b"answer to this"

    slow, slow_peer = stage.pair()
    written = await stage.block(slow)
    slow_peer.shutdown(socket.SHUT_WR)
    await stage.turns()
    assert slow.lost == []
    assert await stage.read_to_the_end(slow_peer) == written
