"""A job to a turn of miners over real sockets: whoever they are, each reads what it would have read alone."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest

from nompcore.messages import Job
from services.stratum.connection import MAX_UNSENT_BYTES
from services.stratum.fanout import send_job
from tests.stratum_port import Port, at_a_port
from tests.stratum_work import make_job

MINERS = 40


def long_job(number: int) -> Job:
    """One whose line is nearly as long as what may wait for a peer."""
    job = make_job(str(number))
    return msgspec.structs.replace(job, coinb2_hex=job.coinb2_hex + "00" * (MAX_UNSENT_BYTES // 3))


@at_a_port
async def test_everybody_reads_the_job_once_and_it_counts_as_sent(port: Port) -> None:
    peers = [(await port.mine())[1] for _ in range(MINERS)]
    before = port.bytes_sent

    job = port.tell(make_job("2"))
    port.tell_again()
    later = port.tell(make_job("3"))

    assert [await peer.exactly(len(job + later)) for peer in peers] == [job + later] * MINERS
    assert port.bytes_sent - before == len(job + later) * MINERS
    expected = [job, later] if port.way == "one by one" else []
    assert [one.written for one in port.connections] == [expected] * MINERS


@at_a_port
async def test_what_waits_for_a_miner_that_does_not_read_leaves_before_the_job(port: Port) -> None:
    slow, slow_peer = await port.mine()
    _, other_peer = await port.mine()
    slow_peer.transport.pause_reading()
    while not await slow.unsent():
        slow.write(b"." * (MAX_UNSENT_BYTES // 4))
    filled = len(slow.written) * MAX_UNSENT_BYTES // 4

    heard = slow_peer.taken_from_the_kernel()  # so that there is room before the loop knows
    jobs = [port.tell(make_job(name)) for name in "23"]

    assert [await other_peer.line() for _ in jobs] == jobs
    assert slow.written[-2:] == jobs
    slow_peer.transport.resume_reading()
    expected = b"." * filled + b"".join(jobs)
    assert heard + await slow_peer.exactly(len(expected) - len(heard)) == expected


@at_a_port
async def test_a_socket_that_has_room_for_a_part_of_a_job_gets_the_rest_later(port: Port) -> None:
    slow, slow_peer = await port.mine()
    _, other_peer = await port.mine()
    slow_peer.transport.pause_reading()
    before, told = port.bytes_sent, b""
    for number in range(2, 2000):
        told += port.tell(long_job(number))
        await other_peer.line()
        if await slow.unsent():
            break

    assert 0 < await slow.unsent() < len(told)
    slow_peer.transport.resume_reading()
    assert await slow_peer.exactly(len(told)) == told
    assert port.bytes_sent - before == 2 * len(told)


@at_a_port
async def test_a_miner_that_reads_no_jobs_is_closed_as_one_that_does_not_read(port: Port) -> None:
    slow, slow_peer = await port.mine()
    _, other_peer = await port.mine()
    slow_peer.transport.pause_reading()
    for number in range(2, 2000):
        told = port.tell(long_job(number))
        assert await other_peer.line() == told
        if slow.is_closed:
            break
    await slow.gone.wait()

    assert port.jobs.counters.hangups["slow-reader"] == 1
    assert port.tell(make_job("last")) == await other_peer.line()


@at_a_port
async def test_what_was_written_in_the_same_turn_leaves_before_the_job(port: Port) -> None:
    connection, peer = await port.mine()
    connection.write(b"answer\n")
    job = port.tell(make_job("2"))
    connection.write(b"another\n")
    later = port.tell(make_job("3"))

    expected = b"answer\n" + job + b"another\n" + later
    assert await peer.exactly(len(expected)) == expected


@at_a_port
async def test_only_what_waits_for_nothing_may_leave_at_once(port: Port) -> None:
    connection, peer = await port.mine()
    at_once = connection.descriptor if port.way == "at once" else -1
    assert connection.idle_descriptor() == at_once
    connection.write(b"answer\n")
    assert connection.idle_descriptor() == -1
    assert await peer.line() == b"answer\n"
    assert connection.idle_descriptor() == at_once
    connection.abort()
    assert connection.idle_descriptor() == -1


@at_a_port
async def test_nobody_else_hears_what_a_closed_connection_would_have(port: Port) -> None:
    (gone, peer), (_, other_peer) = await port.mine(), await port.mine()
    dialogue, descriptor = gone.dialogue, gone.descriptor
    assert dialogue
    gone.hang_up("drained")
    assert gone.idle_descriptor() == -1
    assert await peer.rest() == b""
    await gone.gone.wait()
    with opened_as(descriptor) as heir:
        port.jobs.jobs.add(make_job("2"))
        send_job(port.door.pool, [dialogue, *port.dialogues()], time.monotonic())

        assert await other_peer.line()
        with pytest.raises(BlockingIOError):
            heir.recv(1)


@contextmanager
def opened_as(descriptor: int) -> Iterator[socket.socket]:
    """The other end of a socket that has this number now."""
    ours, heir = socket.socketpair()
    with ours, heir:
        heir.setblocking(False)
        if ours.fileno() != descriptor:
            os.dup2(ours.fileno(), descriptor)
        try:
            yield heir
        finally:
            if ours.fileno() != descriptor:
                os.close(descriptor)
