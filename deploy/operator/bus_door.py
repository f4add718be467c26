"""A connection to NATS within seconds. Services wait for it for ever; a person wants to know why not."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import os
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import nats.errors
from nats.aio.client import Client

from nompcore.bus import Bus
from nompcore.logs import without_credentials
from nompcore.subjects import SERVICES

CONNECT_SECONDS = 5.0
SERVICE = "operator"


class Trouble(enum.Enum):
    """Why there is no connection."""

    UNREACHABLE = "unreachable"
    UNAUTHORIZED = "unauthorized"
    OF_A_SERVICE = "of a service"  # whose user may do no more than the service does


class NoBus(Exception):  # noqa: N818 - what happened, for people
    """No connection. The text holds no credentials."""

    def __init__(self, trouble: Trouble, text: str) -> None:
        super().__init__(text)
        self.trouble = trouble


async def open_client(url: str) -> Client:
    """A plain client that ends with its connection. Raises NoBus."""
    if (user := urlsplit(url.partition(",")[0]).username) in SERVICES:
        raise NoBus(Trouble.OF_A_SERVICE, f"NATS_URL names the user {user!r}, this takes `operator`")
    client, said = Client(), _Errors()
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await client.connect(
                [part.strip() for part in url.split(",")],
                inbox_prefix=f"_INBOX_{SERVICE}",
                error_cb=said.hear,
                allow_reconnect=False,
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
                connect_timeout=2,
            )
    except (TimeoutError, OSError, nats.errors.Error) as error:
        with contextlib.suppress(Exception):  # half open, or not at all: there is nothing to tell
            await client.close()
        raise _no_bus(url, [*said.errors, error]) from error
    return client


@contextlib.asynccontextmanager
async def open_bus(url: str) -> AsyncIterator[Bus]:
    """A bus for orders. Raises NoBus."""
    async with asyncio.timeout(CONNECT_SECONDS * 2):
        await (await open_client(url)).close()  # says why not, where `Bus` would wait
        bus = await Bus.connect(url, service=SERVICE, replica=f"{SERVICE}-{os.getpid()}")
    try:
        yield bus
    finally:
        await bus.drain()


class _Errors:
    """What the client reports while it tries."""

    def __init__(self) -> None:
        self.errors: list[Exception] = []

    async def hear(self, error: Exception) -> None:
        self.errors.append(error)


def _no_bus(url: str, errors: list[Exception]) -> NoBus:
    """The server hangs up after a refusal, so that the end of the connection may be told as well."""
    place = without_credentials(url)
    if any("authorization" in str(error).lower() for error in errors):
        return NoBus(Trouble.UNAUTHORIZED, f"{place} refuses user and password")
    return NoBus(Trouble.UNREACHABLE, f"{place}: {str(errors[0]).removeprefix('nats: ')}")
