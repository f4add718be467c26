"""The socket side of the RPC: requests read with limits and time-outs, answered one after another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from simcoind.http_head import HttpError, basic_authorization, is_authorized, parse_head, response_head
from simcoind.rpc.call import Daemon
from simcoind.rpc.dispatch import Client, respond

MAX_HEAD_BYTES = 16 * 1024
MAX_BODY_BYTES = 32 * 1024 * 1024
"""A block of four million weight units as hex, three times over; also the reference node's limit."""

MAX_CONNECTIONS = 256
IDLE_SECONDS = 30
"""How long a connection may stay without a request, and a request or a reader of ours may take to move on."""


class RpcServer:
    """Serves one daemon on one port."""

    def __init__(self, daemon: Daemon, user: str, password: str) -> None:
        self._daemon = daemon
        self._authorization = basic_authorization(user, password)
        self._connections: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def listening(self, host: str, port: int) -> AsyncIterator[int]:
        """Listen until the block is left, which also ends all connections. Gives the port, free for 0."""
        async with asyncio.TaskGroup() as tasks:

            def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                if len(self._connections) >= MAX_CONNECTIONS:
                    writer.transport.abort()
                    return
                connection = tasks.create_task(self._serve(reader, writer))
                self._connections.add(connection)
                connection.add_done_callback(self._connections.discard)

            server = await asyncio.start_server(accept, host, port, limit=MAX_HEAD_BYTES)
            try:
                yield server.sockets[0].getsockname()[1]
            finally:
                server.close()
                for connection in self._connections:
                    connection.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._serve_one(reader, writer):
                pass
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            # The client is gone, stuck or sends no HTTP: there is nobody to tell.
            writer.transport.abort()
        finally:
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection stays open."""
        async with asyncio.timeout(IDLE_SECONDS):
            data = await reader.readuntil(b"\r\n\r\n")
        try:
            head = parse_head(data, MAX_BODY_BYTES)
        except HttpError as error:
            await _write(writer, error.status, b"", keep_alive=False)
            return False
        async with asyncio.timeout(IDLE_SECONDS):
            body = await reader.readexactly(head.content_length)
        if not is_authorized(head, self._authorization):
            await _write(writer, HTTPStatus.UNAUTHORIZED, b"", keep_alive=head.keep_alive)
            return head.keep_alive
        response = await respond(self._daemon, Client(head.wallet_name, reader.at_eof), body)
        if response is None:
            return False
        await _write(writer, response.status, response.body, keep_alive=head.keep_alive)
        return head.keep_alive


async def _write(writer: asyncio.StreamWriter, status: int, body: bytes, *, keep_alive: bool) -> None:
    writer.write(response_head(status, len(body), keep_alive=keep_alive) + body)
    async with asyncio.timeout(IDLE_SECONDS):
        await writer.drain()
