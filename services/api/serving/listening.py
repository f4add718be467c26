"""The api's listening socket and the server on it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from services.api.feeds.seats import MAX_LISTENERS
from services.api.serving.head_deadline import HeadDeadlineProtocol

# Beside the listeners of live feeds; beyond both uvicorn answers 503 without asking the app.
MAX_CONNECTIONS = 1000

# A client that takes nothing for this long is cut off by the kernel; without it a dropped listener that never
# reads would keep its socket and buffer for as long as it likes.
USER_TIMEOUT_MS = 30_000

KEEP_ALIVE_SECONDS = 15

# Streams end at once on stop, so only requests in hand are waited for.
SHUTDOWN_SECONDS = 5

BACKLOG = 1024

# Listeners have nothing to say.
WEBSOCKET_MESSAGE_BYTES = 4096


def listen(host: str, port: int) -> socket.socket:
    """A listening TCP socket; port 0 takes a free one. Raises OSError when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # accepted sockets inherit it
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
    listener.setblocking(False)
    return listener


class HttpServer(uvicorn.Server):
    """uvicorn without its own signal handling: the service decides when to stop."""

    def __init__(
        self,
        app: ASGIApp,
        protocol: type[HeadDeadlineProtocol] = HeadDeadlineProtocol,
        listeners: int = MAX_LISTENERS,
    ) -> None:
        config = uvicorn.Config(
            app,
            http=protocol,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            proxy_headers=False,  # who a request is from is for client_address.py to say
            ws_max_size=WEBSOCKET_MESSAGE_BYTES,
            ws_per_message_deflate=False,  # a compressor for each listener costs more than it saves
            limit_concurrency=MAX_CONNECTIONS + listeners,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
        super().__init__(config)
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)  # it would log who opens a WebSocket

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's signal handlers as they are."""
        yield

    async def serve_until(self, stop: asyncio.Event, listener: socket.socket) -> None:
        """Serve on `listener` until `stop`, then finish the requests in hand."""
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(self.serve(sockets=[listener]), name="http server")
            await stop.wait()
            self.should_exit = True
            await serving
