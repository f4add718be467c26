"""A listening socket whose connections become miners' sockets (sockets.py)."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
from collections.abc import Callable

from powhash.sockets import accept_some
from services.stratum.sockets import Sockets

log = logging.getLogger(__name__)

EXHAUSTED_SECONDS = 1.0  # how long nobody is accepted when descriptors or memory have run out

_NOBODY_WAITS = {0, errno.EAGAIN, errno.EWOULDBLOCK}


class Acceptor:
    """Accepts until it is closed; `protocol` makes one for each connection."""

    def __init__(
        self, sockets: Sockets, listener: socket.socket, protocol: Callable[[], asyncio.Protocol]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._sockets = sockets
        self._listener = listener
        self._protocol = protocol
        self._open()

    def close(self) -> None:
        """Accept nobody more."""
        if self._listener.fileno() >= 0:
            self._loop.remove_reader(self._listener.fileno())
            self._listener.close()

    def _open(self) -> None:
        if self._listener.fileno() >= 0:
            self._loop.add_reader(self._listener.fileno(), self._accept)

    def _accept(self) -> None:
        newcomers, error = accept_some(self._listener.fileno())
        for descriptor, ip, port in newcomers:
            self._sockets.add(descriptor, (ip, port), self._protocol)
        if error not in _NOBODY_WAITS:  # those that wait would wake us for ever
            self._loop.remove_reader(self._listener.fileno())
            self._loop.call_later(EXHAUSTED_SECONDS, self._open)
            log.error("cannot accept connections", extra={"error": os.strerror(error)})
