"""How a miner's socket ends, whoever ends it."""

from __future__ import annotations

import errno
import gc
import socket
import weakref

import pytest

from powhash.sockets import AVAILABLE
from tests.socket_pairs import fill, read_all, reset, tcp_pair
from tests.socket_stage import SocketStage, Told, each_of, is_ended, is_open, on_both_loops

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="no hash library: test_hash_library_build.py says so")


@on_both_loops
async def test_the_peers_end_is_no_error_and_a_reset_is_one(stage: SocketStage) -> None:
    ended, peer = stage.pair()
    peer.send(b"bye")
    peer.close()
    await stage.until(lambda: ended.lost)
    assert (ended.heard, ended.lost) == (b"bye", [None])

    with tcp_pair() as (ours, tcp_peer):
        told = stage.add(ours)
        tcp_peer.send(b"last words")
        reset(tcp_peer)
        await stage.until(lambda: told.lost)
    assert told.heard == b"last words"
    (error,) = told.lost
    assert isinstance(error, ConnectionResetError)
    assert error.errno == errno.ECONNRESET


@on_both_loops
async def test_a_reset_is_heard_while_something_waits_for_the_peer(stage: SocketStage) -> None:
    with tcp_pair() as (ours, peer):
        told = stage.add(ours)
        told.socket.pause_reading()
        while not told.socket.get_write_buffer_size():
            told.socket.write(b"." * (1 << 20))
            await stage.turns()
        reset(peer)
        await stage.until(lambda: told.lost)
    assert isinstance(told.lost[0], ConnectionError)
    assert told.socket.get_write_buffer_size() == 0


@on_both_loops
async def test_writing_to_a_peer_that_has_gone_is_an_error(stage: SocketStage) -> None:
    told, peer = stage.pair()
    told.socket.pause_reading()
    peer.close()
    told.socket.write(b"to nobody")
    await stage.until(lambda: told.lost)

    (error,) = told.lost
    assert isinstance(error, BrokenPipeError)


@on_both_loops
async def test_a_closed_socket_hears_nothing_more_while_its_last_bytes_wait(stage: SocketStage) -> None:
    told, peer = stage.pair()
    written = await stage.block(told)
    told.socket.close()
    told.socket.close()
    told.socket.resume_reading()
    fill(peer)
    await stage.turns()
    assert told.heard == b""
    assert told.lost == []
    assert fill(peer) == 0  # it stays with its peer

    assert read_all(peer) == written[:-1]
    await stage.turns()
    assert peer.recv(2) == b"."
    assert told.lost == [None]


@on_both_loops
async def test_a_closed_socket_whose_peer_never_reads_can_be_aborted(stage: SocketStage) -> None:
    told, peer = stage.pair()
    written = await stage.block(told)
    told.socket.close()
    await stage.turns()
    told.socket.abort()
    await stage.turns()

    assert told.lost == [None]
    assert read_all(peer) == written[:-1]


@on_both_loops
async def test_the_descriptor_is_its_own_until_the_protocol_knows_of_the_end(stage: SocketStage) -> None:
    told, _ = stage.pair()
    number = told.socket.descriptor
    seen: list[bool] = []
    told.on_lost = lambda: seen.append(is_open(number))
    told.socket.abort()
    with socket.socket() as other:
        assert other.fileno() != number
        newcomer, _ = stage.pair()
        assert newcomer.socket.descriptor != number
        await stage.turns()
        assert seen == [True]
        assert not is_open(number)


@on_both_loops
async def test_whoever_gets_the_number_of_one_that_has_ended_is_heard_under_it(stage: SocketStage) -> None:
    told, _ = stage.pair()
    number = told.socket.descriptor
    told.socket.write(b"for the former")
    told.socket.abort()
    await stage.turns()
    heirs = [stage.pair() for _ in range(2)]
    heir, peer = next(pair for pair in heirs if pair[0].socket.descriptor == number)
    peer.send(b"mine")
    told.socket.write(b"for the former")
    told.socket.close()
    told.socket.resume_reading()
    told.socket.pause_reading()
    told.socket.abort()
    await stage.turns()

    assert (told.heard, heir.heard, read_all(peer)) == (b"", b"mine", b"")
    assert heir.lost == []


async def one_that_has_ended(stage: SocketStage) -> weakref.ref[Told]:
    told, peer = stage.pair()
    peer.send(b"something")
    told.socket.write(b"something")
    await stage.turns()
    peer.close()
    await stage.until(lambda: told.lost)
    await stage.turns()
    stage.opened.remove(told)
    return weakref.ref(told)


@on_both_loops
async def test_nothing_refers_to_a_connection_that_has_ended(stage: SocketStage) -> None:
    # a server's collector is slow on purpose (nompcore.collector): a ring of references stays for long
    gc.disable()
    try:
        ended = await one_that_has_ended(stage)
        assert ended() is None
    finally:
        gc.enable()


@on_both_loops
async def test_a_newcomer_may_end_at_once(stage: SocketStage) -> None:
    farewell, refused = Told(), Told()

    def say_farewell() -> None:
        farewell.socket.write(b"full")
        farewell.socket.close()

    farewell.on_made = say_farewell
    refused.on_made = lambda: refused.socket.abort()  # noqa: PLW0108 - it has none yet
    peers = [stage.pair(farewell)[1], stage.pair(refused)[1]]
    await stage.turns()

    assert read_all(peers[0]) == b"full"
    assert all(is_ended(peer) for peer in peers)


@on_both_loops
async def test_who_says_farewell_to_a_slow_reader_is_told_of_it_once(stage: SocketStage) -> None:
    # as a TLS connection does, whose close_notify is written on its way out
    told, _ = stage.pair()
    told.socket.set_write_buffer_limits(high=5)
    told.on_pause = each_of(lambda: told.socket.write(b"farewell"), told.socket.abort)
    await stage.block(told)
    told.socket.write(b"a job for all\n")
    await stage.turns()

    assert told.pauses == [15]
