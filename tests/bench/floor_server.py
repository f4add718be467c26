"""The least that any Python server does for a line: `python -m tests.bench.floor_server` under uvloop.

It reads, decodes and says true, and knows nothing of jobs, shares or storage. What it costs is the price of
Python, uvloop and the kernel; the rest of a share's cost is the pool's own.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

import msgspec
import uvloop

from tests.bench.json_orders import orders, tell


class _Line(msgspec.Struct):
    id: int
    method: str
    params: list[Any]


_decode = msgspec.json.Decoder(_Line).decode


class FloorConnection(asyncio.Protocol):
    """Says true to every line."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers go to."""
        self._transport = cast("asyncio.Transport", transport)
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        """Answer whole lines, keep the rest."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            call = _decode(line)
            self._transport.write(b'{"id":%d,"result":true,"error":null}\n' % call.id)


async def main() -> None:
    """Tell the port, then serve until standard input ends."""
    server = await asyncio.get_running_loop().create_server(FloorConnection, "127.0.0.1", 0, backlog=4096)
    tell({"port": server.sockets[0].getsockname()[1]})
    async for order in orders():
        raise AssertionError(f"nobody gives this server orders: {order}")
    server.close()


if __name__ == "__main__":
    uvloop.run(main())
