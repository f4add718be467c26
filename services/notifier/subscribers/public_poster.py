"""POSTs to URLs that strangers gave: to public addresses only, whatever a name resolves to at that moment.

The name is resolved here, every address is looked at, and the connection goes to the one that was looked at:
a name that changes its mind in between gains nothing. Redirects are not followed, answers are not read.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterable, Mapping, Sequence

import httpcore

from services.notifier.subscribers.own_address import is_own
from services.notifier.subscribers.public_address import Network, may_reach

TIMEOUT_SECONDS = 10.0
MAX_CONNECTIONS = 64  # as many as addresses are told at a time

HEADERS: Mapping[bytes | str, bytes | str] = {
    "Content-Type": "application/json",
    "User-Agent": "nomp-notifier",
}

NO_ANSWER = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    OSError,
    TimeoutError,
    ValueError,  # what is no URL after all
)


class NotPublic(httpcore.ConnectError):
    """The name leads to where nobody outside may send anything."""


class PublicBackend(httpcore.AsyncNetworkBackend):
    """Connects to public addresses, and to the networks given."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = networks
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, look, connect. Raises NotPublic."""
        address = await self._address(host, port)
        return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise NotPublic(path)

    async def sleep(self, seconds: float) -> None:
        """Between tries to connect."""
        await asyncio.sleep(seconds)

    async def _address(self, host: str, port: int) -> str:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("no such name") from error
        addresses = [str(place[0]) for *_, place in found]
        if not addresses or not all(self._is_open(address, port) for address in addresses):
            raise NotPublic("not a public address")
        return addresses[0]

    def _is_open(self, address: str, port: int) -> bool:
        return may_reach(address, port, self._networks, own=is_own(address, port))


class PublicPoster:
    """Posts JSON. Its connections are not kept: the next one is looked at anew."""

    def __init__(self, networks: Sequence[Network], context: ssl.SSLContext | None = None) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=0,
            network_backend=PublicBackend(networks),
        )

    async def post(self, url: str, body: bytes) -> int | None:
        """The answer's status, None where there was none."""
        try:
            async with (
                asyncio.timeout(TIMEOUT_SECONDS),
                self._pool.stream("POST", url, headers=HEADERS, content=body) as response,
            ):
                return response.status
        except NO_ANSWER:
            return None

    async def aclose(self) -> None:
        """End what is under way."""
        await self._pool.aclose()
