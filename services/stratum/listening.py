"""The listening sockets of a port. Linux gives their options to every connection that they accept."""

from __future__ import annotations

import errno
import logging
import socket
import sys

log = logging.getLogger(__name__)

# After a restart all miners return at once and wait here; the kernel allows no more than net.core.somaxconn.
BACKLOG = 4096

# A peer that vanished is given up after a minute, whether we have something for it (TCP_USER_TIMEOUT) or
# not: then probes ask for a sign of life, three of which may get lost.
VANISHED_MILLISECONDS = 60_000
FIRST_PROBE_SECONDS = 30
PROBE_SECONDS = 10

_OPTIONS = [
    (socket.SOL_SOCKET, socket.SO_REUSEADDR, 1),
    (socket.SOL_SOCKET, socket.SO_REUSEPORT, 1),  # the other processes of this host listen there too
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),  # uvloop sets it on each connection, asyncio does not
]
if sys.platform == "linux":  # others keep their own times
    _OPTIONS += [
        (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, FIRST_PROBE_SECONDS),
        (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PROBE_SECONDS),
        (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, VANISHED_MILLISECONDS),
    ]

_NO_IPV6 = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}  # without it; with it, but switched off


def open_listeners(hosts: str, port: int) -> list[socket.socket]:
    """Non-blocking listeners on IPv4 and IPv6 addresses separated by commas.

    `::` is left out on a host without IPv6. OSError names the address that cannot be used.
    """
    listeners: list[socket.socket] = []
    try:
        for host in (part.strip() for part in hosts.split(",")):
            listeners += _open_listener(host, port)
    except OSError:
        for listener in listeners:
            listener.close()
        raise
    if not listeners:
        raise OSError(errno.EADDRNOTAVAIL, f"cannot listen on {hosts} port {port}: this host has no IPv6")
    return listeners


def _open_listener(host: str, port: int) -> list[socket.socket]:
    """One, or none where the host lacks IPv6 and nobody asked for a certain address of it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return [_listen(family, host, port)]
    except OSError as error:
        if host == "::" and error.errno in _NO_IPV6:
            log.warning("no IPv6 on this host", extra={"port": port})
            return []
        reason = error.strerror or str(error)
        raise OSError(error.errno, f"cannot listen on {host!r} port {port}: {reason}") from error


def _listen(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    numeric = socket.AI_NUMERICHOST  # a name would be looked up, and may mean several addresses
    *_, address = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=numeric)[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        for level, option, value in _OPTIONS:
            listener.setsockopt(level, option, value)
        if family == socket.AF_INET6:
            # IPv4 has a listener of its own: its peers would appear as ::ffff:a.b.c.d here
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.setblocking(False)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
