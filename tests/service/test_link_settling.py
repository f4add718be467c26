"""When a link says that a subscription is noted, the server has answered a ping that came after it."""

from __future__ import annotations

import asyncio

from nompcore.link import Link

INFO = b'INFO {"server_id":"A","version":"2.12.0","max_payload":1048576,"headers":true}\r\n'


class ScriptedNats:
    """Answers pings, and remembers what was said before each."""

    def __init__(self) -> None:
        self.noted: list[bytes] = []  # at the last ping

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client."""
        heard: list[bytes] = []
        writer.write(INFO)
        while line := await reader.readline():
            heard.append(line.strip())
            if line.startswith(b"PING"):
                self.noted = list(heard)
                writer.write(b"PONG\r\n")
        writer.close()


async def test_a_subscription_is_with_the_server_when_the_link_has_settled() -> None:
    nats = ScriptedNats()
    server = await asyncio.start_server(nats.serve, "127.0.0.1", 0)
    link = Link("jobmaker", "test")
    await link.connect(f"nats://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        await link.nc.subscribe("somewhere")
        await link.settle()
        noted = nats.noted
    finally:
        await link.close()
        server.close()

    assert b"SUB somewhere  1" in noted
