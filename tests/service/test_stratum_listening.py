"""Listening sockets of the kernel: both families, shared ports, what connections get from them."""

from __future__ import annotations

import contextlib
import platform
import select
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from services.stratum.listening import VANISHED_MILLISECONDS, open_listeners
from tests.stratum_work import ROOT

BOTH = "0.0.0.0, ::"

MANY = 200  # connections after which one of two listeners without any is no chance: 2^-199

# Under this filter of system calls, seccomp(2), a process finds a host without IPv6, as with ipv6.disable=1.
WITHOUT_IPV6 = """
import ctypes, errno, logging, platform, socket, struct, sys
from services.stratum.listening import open_listeners

LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
SOCKET = {"x86_64": 41, "aarch64": 198}[platform.machine()]
steps = [
    (LOAD, 0, 0, 0), (JUMP_IF_EQUAL, 0, 3, SOCKET), (LOAD, 0, 0, 16), (JUMP_IF_EQUAL, 0, 1, socket.AF_INET6),
    (RETURN, 0, 0, ERRNO | errno.EAFNOSUPPORT), (RETURN, 0, 0, ALLOW),
]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
program = struct.pack("HP", len(steps), ctypes.addressof(code))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS
assert libc.prctl(22, 2, program) == 0, ctypes.get_errno()  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER

logging.basicConfig(level=logging.WARNING, format="%(message)s")
print([listener.family.name for listener in open_listeners(sys.argv[1], 0)])
"""

Open = Callable[[str, int], list[socket.socket]]


@pytest.fixture
def listen() -> Iterator[Open]:
    """`open_listeners`, whose sockets are closed after the test."""
    with contextlib.ExitStack() as stack:
        yield lambda hosts, port: [stack.enter_context(one) for one in open_listeners(hosts, port)]


@pytest.fixture
def ipv6() -> None:
    """Needs a host that has it."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this host has no IPv6")


def accept(listener: socket.socket) -> tuple[socket.socket, str]:
    """A connection that has come, and the peer's address."""
    listener.settimeout(10)
    connection, peer = listener.accept()
    return connection, peer[0]


@pytest.mark.usefixtures("ipv6")
def test_each_family_has_a_listener_of_its_own(listen: Open) -> None:
    (four,) = listen("0.0.0.0", 0)
    port = four.getsockname()[1]
    (six,) = listen("::", port)

    for listener, address in ((four, "127.0.0.1"), (six, "::1")):
        assert not listener.getblocking()
        with socket.create_connection((address, port)):
            connection, peer = accept(listener)
            connection.close()
            assert peer == address


def test_connections_have_the_options_of_their_listener(listen: Open) -> None:
    (listener,) = listen("127.0.0.1", 0)
    with socket.create_connection(listener.getsockname()), accept(listener)[0] as connection:
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == VANISHED_MILLISECONDS
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) < VANISHED_MILLISECONDS / 1000


def test_two_on_one_port_share_its_connections(listen: Open) -> None:
    (one,) = listen("127.0.0.1", 0)
    port = one.getsockname()[1]
    listeners = [one, *listen("127.0.0.1", port)]
    with contextlib.ExitStack() as stack:
        for _ in range(MANY):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))

        counts = dict.fromkeys(listeners, 0)
        while sum(counts.values()) < MANY:
            ready, _, _ = select.select(listeners, [], [], 10)
            assert ready
            for listener in ready:
                stack.enter_context(listener.accept()[0])
                counts[listener] += 1

    assert min(counts.values()) > 0


def test_a_port_of_another_program_is_named_and_nothing_stays_open(listen: Open) -> None:
    with socket.create_server(("127.0.0.2", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(OSError, match=rf"'127\.0\.0\.2' port {port}: Address already in use"):
            open_listeners("127.0.0.1,127.0.0.2", port)

        with socket.create_server(("127.0.0.1", port)):  # it shares with nobody
            pass


@pytest.mark.parametrize("host", ["localhost", "", "127.0.0.256", "::g", "192.0.2.1"])
def test_what_is_no_address_of_this_host_is_named(host: str) -> None:
    with pytest.raises(OSError, match=rf"cannot listen on '{host}' port 4000: "):
        open_listeners(f"127.0.0.1,{host}", 4000)


def without_ipv6(hosts: str) -> subprocess.CompletedProcess[str]:
    """`open_listeners` in a process for which there is no IPv6."""
    if platform.machine() not in ("x86_64", "aarch64"):
        pytest.skip("the numbers of system calls are not known here")
    command = [sys.executable, "-c", WITHOUT_IPV6, hosts]
    environ = {"PYTHONPATH": f"{ROOT / 'libs'}:{ROOT}"}
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def test_a_host_without_ipv6_serves_ipv4_and_says_so() -> None:
    ended = without_ipv6(BOTH)

    assert ended.stdout == "['AF_INET']\n", ended.stderr
    assert ended.stderr == "no IPv6 on this host\n"


@pytest.mark.parametrize(
    ("hosts", "complaint"),
    [
        ("::", "cannot listen on :: port 0: this host has no IPv6"),
        ("127.0.0.1,::1", "cannot listen on '::1' port 0: Address family not supported by protocol"),
    ],
)
def test_an_address_that_is_asked_for_is_not_left_out(hosts: str, complaint: str) -> None:
    ended = without_ipv6(hosts)

    assert ended.returncode == 1
    assert ended.stderr.endswith(f"{complaint}\n")
