"""Connections on their way from a listener to the service, also when the process can have no more."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from powhash.sockets import AVAILABLE
from services.stratum.acceptor import Acceptor
from services.stratum.listening import open_listeners
from tests.socket_pairs import reset
from tests.socket_stage import PATIENCE_SECONDS, SocketStage, Told, each_of, is_open, on_both_loops

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="no hash library: test_hash_library_build.py says so")

MORE_THAN_A_TURN_ACCEPTS = 70


class Port:
    """An acceptor whose newcomers echo; what makes them can be replaced."""

    def __init__(self, stage: SocketStage) -> None:
        (self._listener,) = open_listeners("127.0.0.1", 0)
        self.address = self._listener.getsockname()
        self.number = self._listener.fileno()
        self._stage = stage
        self.make = self.newcomer
        self.acceptor = Acceptor(stage.sockets, self._listener, lambda: self.make())  # noqa: PLW0108 - replaced later

    @property
    def is_closed(self) -> bool:
        return self._listener.fileno() < 0

    def newcomer(self) -> Told:
        told = Told()
        told.on_made = lambda: self._stage.opened.append(told)
        told.on_data = lambda data: told.socket.write(data)  # noqa: PLW0108 - it has none yet
        return told

    def connect(self) -> socket.socket:
        peer = socket.create_connection(self.address)
        peer.setblocking(False)
        self._stage.peers.append(peer)
        return peer


@contextmanager
def opened(stage: SocketStage) -> Iterator[Port]:
    port = Port(stage)
    try:
        yield port
    finally:
        if not port.is_closed:
            port.acceptor.close()


@on_both_loops
async def test_everybody_comes_with_an_address_and_is_served(stage: SocketStage) -> None:
    with opened(stage) as port:
        peers = [port.connect() for _ in range(MORE_THAN_A_TURN_ACCEPTS)]
        await stage.until(lambda: len(stage.opened) == len(peers))
        by_address = {told.socket.get_extra_info("peername"): told for told in stage.opened}
        assert by_address.keys() == {peer.getsockname() for peer in peers}

        for number, peer in enumerate(peers):
            peer.send(b"%d" % number)
        for number, peer in enumerate(peers):
            assert await stage.read(peer, len(b"%d" % number)) == b"%d" % number
            assert by_address[peer.getsockname()].heard == b"%d" % number


@on_both_loops
async def test_who_has_gone_meanwhile_holds_nobody_up(stage: SocketStage) -> None:
    with opened(stage) as port:
        reset(port.connect())
        port.connect().close()
        peer = port.connect()
        peer.send(b"here")

        assert await stage.read(peer, 4) == b"here"


@on_both_loops
async def test_nobody_is_accepted_once_it_is_closed(stage: SocketStage) -> None:
    with opened(stage) as port:
        first = port.connect()
        first.send(b"1")
        assert await stage.read(first, 1) == b"1"
        second = port.connect()  # waits to be accepted

        port.acceptor.close()

        assert not is_open(port.number)
        await stage.turns()
        assert len(stage.opened) == 1
        with pytest.raises(ConnectionResetError):
            await stage.read(second, 1)
        with pytest.raises(ConnectionRefusedError):
            port.connect()
        first.send(b"2")
        assert await stage.read(first, 1) == b"2"


@on_both_loops
async def test_whoever_gets_the_number_of_a_closed_listener_is_woken(stage: SocketStage) -> None:
    with opened(stage) as port:
        peer, loop = port.connect(), asyncio.get_running_loop()
        await stage.until(lambda: stage.opened)
        port.acceptor.close()
        os.dup2(peer.fileno(), port.number)
        woken = asyncio.Event()
        loop.add_reader(port.number, woken.set)
        peer.send(b"echo")
        try:
            await asyncio.wait_for(woken.wait(), PATIENCE_SECONDS)
        finally:
            loop.remove_reader(port.number)
            os.close(port.number)


@on_both_loops
async def test_a_newcomer_may_close_the_port(stage: SocketStage) -> None:
    with opened(stage) as port:
        peers = [port.connect() for _ in range(3)]
        last = port.newcomer()
        last.on_made = each_of(last.on_made, port.acceptor.close)
        newcomers = iter([last])
        port.make = lambda: next(newcomers, None) or port.newcomer()
        for peer in peers:
            peer.send(b"hello")

        await stage.until(lambda: len(stage.opened) == len(peers))
        assert port.is_closed
        assert [await stage.read(peer, 5) for peer in peers] == [b"hello"] * 3


@on_both_loops
async def test_a_bug_met_by_one_newcomer_leaves_the_others_and_its_descriptor(stage: SocketStage) -> None:
    with opened(stage) as port:
        peers = [port.connect() for _ in range(3)]
        failures = iter([ZeroDivisionError()])

        def newcomer() -> Told:
            for failure in failures:
                raise failure
            return port.newcomer()

        port.make = newcomer
        for peer in peers:
            peer.send(b"hello")
        await stage.turns(10)

        assert isinstance(stage.take_fault(), ZeroDivisionError)
        assert len(stage.opened) == 2
        assert [await stage.read(peer, 5) for peer in peers[1:]] == [b"hello"] * 2
        with pytest.raises(ConnectionResetError):  # closed, and what it had said is unread
            await stage.read(peers[0], 1)


EXHAUSTED = """
import asyncio, logging, resource, socket, sys
import uvloop
from services.stratum import acceptor
from services.stratum.listening import open_listeners
from services.stratum.sockets import Sockets

acceptor.EXHAUSTED_SECONDS = 0.05
calls, logged, served = [], [], []
accept_some = acceptor.accept_some
acceptor.accept_some = lambda listener: calls.append(listener) or accept_some(listener)

class Kept(logging.Handler):
    def emit(self, record):
        logged.append((record.levelname, record.getMessage(), record.error))

acceptor.log.addHandler(Kept())
acceptor.log.propagate = False

class Newcomer(asyncio.Protocol):
    def connection_made(self, transport):
        served.append(transport)

async def until(came):
    async with asyncio.timeout(20):
        while not came():
            await asyncio.sleep(0)

async def main():
    sockets, (listener,) = Sockets(), open_listeners("127.0.0.1", 0)
    port = acceptor.Acceptor(sockets, listener, Newcomer)
    peers = [socket.create_connection(listener.getsockname()) for _ in range(6)]
    lowest = socket.socket()
    free = lowest.fileno()
    lowest.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + 2, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    await until(lambda: logged)
    assert len(served) == 2, served
    await until(lambda: len(logged) == 3)
    assert set(logged) == {("ERROR", "cannot accept connections", "Too many open files")}, logged
    served[0].abort()  # a place for another one
    await until(lambda: len(served) == 3)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + 40, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    await until(lambda: len(served) == 6)
    peers.append(socket.create_connection(listener.getsockname()))
    await until(lambda: len(served) == 7)

    port.close()
    for one in served:
        one.abort()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    sockets.close()

{"asyncio": asyncio, "uvloop": uvloop}[sys.argv[1]].run(main())
"""

CLOSED_WHILE_RESTING = """
import asyncio, resource, socket, sys
import uvloop
from services.stratum import acceptor
from services.stratum.listening import open_listeners
from services.stratum.sockets import Sockets

acceptor.EXHAUSTED_SECONDS = 0.3
acceptor.log.disabled = True
faults, calls = [], []
accept_some = acceptor.accept_some
acceptor.accept_some = lambda listener: calls.append(listener) or accept_some(listener)

async def main():
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: faults.append(context))
    sockets, (listener,) = Sockets(), open_listeners("127.0.0.1", 0)
    port = acceptor.Acceptor(sockets, listener, asyncio.Protocol)
    peer = socket.create_connection(listener.getsockname())
    lowest = socket.socket()
    free = lowest.fileno()
    lowest.close()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
    while not calls:
        await asyncio.sleep(0)
    for _ in range(10):
        await asyncio.sleep(0)
    assert len(calls) == 1, calls  # who waits does not wake it
    port.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + 20, hard))
    heir, _ = socket.socketpair()  # has the listener's number
    over = loop.create_future()
    loop.call_later(1.1 * acceptor.EXHAUSTED_SECONDS, over.set_result, None)
    await over
    assert (len(calls), faults) == (1, []), (calls, faults)
    sockets.close()

{"asyncio": asyncio, "uvloop": uvloop}[sys.argv[1]].run(main())
"""


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("program", [EXHAUSTED, CLOSED_WHILE_RESTING], ids=["goes on", "closed meanwhile"])
def test_without_a_free_descriptor_it_rests_says_so_and_goes_on(program: str, loop: str) -> None:
    # a process of its own: the limit is the whole process's
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program, loop], env=environ, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
