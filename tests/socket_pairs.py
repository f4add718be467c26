"""Connected sockets of a test, and what their kernel holds."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

Pair = tuple[socket.socket, socket.socket]


@contextmanager
def pairs(count: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> Iterator[list[Pair]]:
    """Our ends and the peers'; a peer that has nothing to read says so at once."""
    with ExitStack() as opened:
        made = [socket.socketpair(type=kind) for _ in range(count)]
        for ours, peers in made:
            opened.enter_context(ours)
            opened.enter_context(peers).setblocking(False)
        yield made


@contextmanager
def tcp_pair() -> Iterator[Pair]:
    """The same over loopback; both ends are non-blocking."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        peer = socket.create_connection(listener.getsockname())
        ours, _ = listener.accept()
    with ours, peer:
        ours.setblocking(False)
        peer.setblocking(False)
        yield ours, peer


def descriptors(made: list[Pair]) -> list[int]:
    """Of our ends."""
    return [ours.fileno() for ours, _ in made]


def fill(one: socket.socket) -> int:
    """Send until the kernel takes no more; how much that was."""
    one.setblocking(False)
    taken = 0
    try:
        while True:
            taken += one.send(b"." * 4096)
    except BlockingIOError:
        return taken


def read_all(one: socket.socket) -> bytes:
    """What has come."""
    heard = b""
    try:
        while piece := one.recv(1 << 20):
            heard += piece
    except BlockingIOError:
        pass
    return heard


def reset(one: socket.socket) -> None:
    """End a TCP connection with RST instead of FIN."""
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    one.close()
