"""What leaves a connection together: one call of the kernel is the dearest part of an answer."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from nompcore.errors import RejectReason
from powhash.sockets import AVAILABLE
from services.stratum.authorization import Worker
from services.stratum.certificate import Certificate
from services.stratum.connection import MAX_UNSENT_BYTES, Connection
from services.stratum.outcome import GoodShare, SubmittedShare
from services.stratum.replies import true_line
from services.stratum.share_path import Miner as ShareOwner
from tests.certificates import NAME, client_context, make_certificate
from tests.socket_pairs import read_all
from tests.socket_stage import SocketStage, is_ended, messages, on_both_loops
from tests.stratum_miner import WORKER, Miner
from tests.stratum_port import open_door
from tests.stratum_work import NTIME, make_job

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="no hash library: test_hash_library_build.py says so")


class Shares:
    """A share path that answers when it is told."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def take(self, miner: ShareOwner, share: SubmittedShare) -> None:
        self.waiting.append(lambda: miner.answer(true_line(share.reply_id)))

    def accept(self, miner: ShareOwner, good: GoodShare, time_ms: int) -> None:
        self.waiting.append(lambda: miner.answer(true_line(good.reply_id)))

    def count_refusal(self, miner: ShareOwner, worker: Worker | None, reason: RejectReason) -> None:
        """Nobody counts here."""

    def settle(self) -> None:
        for answer in self.waiting:
            answer()


async def log_in(stage: SocketStage) -> tuple[Connection, socket.socket, Shares]:
    """A connection of a miner that logs in with one packet, whose answers have not been read."""
    shares = Shares()
    connection = Connection(open_door(Miner(make_job("1")), shares=shares))
    peer = stage.connect(connection, socket.SOCK_SEQPACKET)
    peer.send(call(1, "mining.subscribe") + call(2, "mining.authorize", WORKER))
    await stage.turns()
    return connection, peer, shares


async def mine(stage: SocketStage) -> tuple[Connection, socket.socket, Shares]:
    """The same, with nothing to read any more."""
    connection, peer, shares = await log_in(stage)
    messages(peer)
    return connection, peer, shares


def call(number: int, method: str, *params: Any) -> bytes:
    return json.dumps({"id": number, "method": method, "params": params}).encode() + b"\n"


def submit(number: int) -> bytes:
    """An easy share: which of them meet the difficulty does not matter, as each comes with another nonce."""
    return call(number, "mining.submit", WORKER, "1", "00000000", f"{NTIME:08x}", f"{number:08x}")


def ids(data: bytes) -> list[int]:
    return [json.loads(line)["id"] for line in data.splitlines()]


@on_both_loops
async def test_the_answers_to_one_packet_leave_together(stage: SocketStage) -> None:
    _, peer, _ = await log_in(stage)

    (written,) = messages(peer)
    assert {1, 2} <= set(ids(written))


@on_both_loops
async def test_the_answers_of_one_batch_leave_together_and_in_order(stage: SocketStage) -> None:
    (_, first, shares), (_, second, others) = await mine(stage), await mine(stage)
    first.send(b"".join(map(submit, range(10, 13))))
    second.send(submit(20))
    await stage.turns()
    assert (len(shares.waiting), len(others.waiting)) == (3, 1)

    shares.settle()
    others.settle()
    await stage.turns()

    assert [ids(written) for written in messages(first)] == [[10, 11, 12]]
    assert [ids(written) for written in messages(second)] == [[20]]


@on_both_loops
async def test_an_answer_waits_for_no_other_turn(stage: SocketStage) -> None:
    _, peer, shares = await mine(stage)
    peer.send(submit(10) + submit(11))
    await stage.turns()

    for answer, number in zip(shares.waiting, (10, 11), strict=True):
        answer()
        await stage.turns()
        assert [ids(written) for written in messages(peer)] == [[number]]


@on_both_loops
async def test_an_answer_leaves_before_the_connection_is_closed(stage: SocketStage) -> None:
    connection, peer, shares = await mine(stage)
    peer.send(submit(10) + submit(11))
    await stage.turns()

    shares.waiting[0]()
    connection.hang_up("drained")
    shares.waiting[1]()
    await stage.turns()

    assert [ids(written) for written in messages(peer)] == [[10]]
    assert is_ended(peer)


@on_both_loops
async def test_a_share_is_taken_when_its_newline_has_come(stage: SocketStage) -> None:
    _, peer, shares = await mine(stage)
    peer.send(submit(10).removesuffix(b"\n"))
    await stage.turns()
    assert shares.waiting == []

    peer.send(b"\n")
    await stage.turns()
    assert len(shares.waiting) == 1


@on_both_loops
async def test_more_lines_than_a_turn_handles_are_answered_in_order(stage: SocketStage) -> None:
    _, peer, shares = await mine(stage)
    peer.send(b"".join(map(submit, range(10, 40))))
    await stage.turns(20)
    assert len(shares.waiting) == 30
    shares.settle()
    await stage.turns()

    assert [ids(written) for written in messages(peer)] == [list(range(10, 40))]


async def shake_hands(stage: SocketStage, peer: socket.socket, context: ssl.SSLContext) -> None:
    """Open TLS as the peer."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=NAME)
    for _ in range(2):
        with suppress(ssl.SSLWantReadError):
            tls.do_handshake()
        peer.send(outgoing.read())
        await stage.turns()
        incoming.write(read_all(peer))


@on_both_loops
async def test_a_miner_that_does_not_read_its_records_is_hung_up_on_once(stage: SocketStage) -> None:
    jobs = Miner(make_job("1"))
    door = open_door(jobs)
    with TemporaryDirectory() as directory:
        cert, key = make_certificate(Path(directory))
        door.tls_mode, door.certificate = "on", Certificate(cert, key)
        client = client_context(cert)
    connection = Connection(door)
    peer = stage.connect(connection, socket.SOCK_STREAM)
    await shake_hands(stage, peer, client)
    while not connection.is_closed:
        connection.write(b"." * (MAX_UNSENT_BYTES // 4))
        await stage.turns()

    assert dict(jobs.counters.hangups) == {"slow-reader": 1}
