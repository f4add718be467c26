"""Accepting many connections in one call: who they are, and why there are no more."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from powhash.sockets import AVAILABLE, accept_some
from services.stratum.listening import open_listeners
from tests.socket_pairs import reset

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="no hash library: test_hash_library_build.py says so")

AT_ONCE = 64
"""Connections that one call accepts."""


@contextmanager
def listening(host: str = "127.0.0.1") -> Iterator[socket.socket]:
    """A listener as the service opens it."""
    (listener,) = open_listeners(host, 0)
    with listener:
        yield listener


@contextmanager
def accepted(listener: socket.socket) -> Iterator[tuple[list[tuple[socket.socket, str, int]], int]]:
    """What one call accepts."""
    newcomers, error = accept_some(listener.fileno())
    with ExitStack() as opened:
        yield (
            [(opened.enter_context(socket.socket(fileno=fd)), ip, port) for fd, ip, port in newcomers],
            error,
        )


def test_more_than_one_call_takes_are_there_for_the_next() -> None:
    with listening() as listener, ExitStack() as opened:
        address = listener.getsockname()
        peers = [opened.enter_context(socket.create_connection(address)) for _ in range(AT_ONCE + 6)]
        first, none_yet = opened.enter_context(accepted(listener))
        rest, error = opened.enter_context(accepted(listener))

        assert (len(first), none_yet, len(rest), error) == (AT_ONCE, 0, 6, errno.EAGAIN)
        assert [(ip, port) for _, ip, port in first + rest] == [peer.getsockname() for peer in peers]
        for (ours, _, _), peer in zip(first + rest, peers, strict=True):
            assert ours.getpeername() == peer.getsockname()
        assert accept_some(listener.fileno()) == ([], errno.EAGAIN)


def test_an_ipv6_peer_has_its_text_and_port() -> None:
    try:
        probe = open_listeners("::1", 0)[0]
    except OSError:
        pytest.skip("no IPv6 on this host")
    with (
        probe as listener,
        socket.create_connection(listener.getsockname()[:2]) as peer,
        accepted(listener) as (newcomers, error),
    ):
        assert [newcomer[1:] for newcomer in newcomers] == [("::1", peer.getsockname()[1])]
        assert error == errno.EAGAIN


def test_a_family_without_addresses_has_none() -> None:
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as peer:
        listener.bind(b"\0powhash-sockets-%d" % os.getpid())
        listener.listen()
        listener.setblocking(False)
        peer.connect(listener.getsockname())
        with accepted(listener) as (newcomers, _):
            assert [newcomer[1:] for newcomer in newcomers] == [("", 0)]


def test_an_accepted_socket_is_as_the_service_wants_it() -> None:
    with (
        listening() as listener,
        socket.create_connection(listener.getsockname()),
        accepted(listener) as ([(ours, _, _)], _),
    ):
        assert fcntl.fcntl(ours, fcntl.F_GETFL) & os.O_NONBLOCK
        assert fcntl.fcntl(ours, fcntl.F_GETFD) & fcntl.FD_CLOEXEC
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


def test_a_peer_that_has_gone_before_it_was_accepted_holds_nobody_up() -> None:
    with listening() as listener:
        gone = socket.create_connection(listener.getsockname())
        name = gone.getsockname()
        reset(gone)
        with socket.create_connection(listener.getsockname()) as peer, accepted(listener) as (newcomers, _):
            assert peer.getsockname() in [(ip, port) for _, ip, port in newcomers]
            assert {(ip, port) for _, ip, port in newcomers} <= {name, peer.getsockname()}


@pytest.mark.parametrize(
    ("kind", "error"), [(socket.SOCK_STREAM, errno.EINVAL), (socket.SOCK_DGRAM, errno.EOPNOTSUPP)]
)
def test_who_does_not_listen_is_told_so(kind: socket.SocketKind, error: int) -> None:
    # in a process of its own, as a call that never returns holds the interpreter
    program = f"""
import signal, socket
from powhash.sockets import accept_some
signal.alarm(2)
one = socket.socket(socket.AF_INET, {int(kind)})
assert accept_some(one.fileno()) == ([], {error})
"""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", program], env=environ, check=False).returncode == 0


@pytest.mark.parametrize(
    ("listener", "error"),
    [(-1, ValueError), (1 << 31, ValueError), (1 << 70, OverflowError), ("3", TypeError)],
)
def test_what_is_no_descriptor_cannot_listen(listener: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        accept_some(listener)  # type: ignore[arg-type]


def test_a_closed_listener_is_an_errno() -> None:
    with listening() as listener:
        number = listener.fileno()
    assert accept_some(number) == ([], errno.EBADF)
