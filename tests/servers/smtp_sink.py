"""A real SMTP server that keeps what it is sent: as much of RFC 5321 as clients need, over asyncio."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.message import EmailMessage


class SmtpSink:
    """`mails` are those taken, in order; `on_mail` is called before the client is told so."""

    def __init__(self, on_mail: Callable[[EmailMessage], None] = lambda mail: None) -> None:
        self.mails: list[EmailMessage] = []
        self.refuses = False
        self.port = 0
        self._on_mail = on_mail

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One session: a client may end it at any point."""
        try:
            writer.write(b"220 sink\r\n")
            while line := await reader.readline():
                if not await self._answer(line.strip().upper(), reader, writer):
                    break
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the session goes on."""
        if line.startswith((b"EHLO", b"HELO")):
            writer.write(b"250 sink\r\n")
        elif line.startswith(b"DATA"):
            writer.write(b"354 go on\r\n")
            await self._take(await reader.readuntil(b"\r\n.\r\n"), writer)
        elif line.startswith(b"QUIT"):
            writer.write(b"221 bye\r\n")
            return False
        else:
            writer.write(b"250 ok\r\n")
        return True

    async def _take(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        if self.refuses:
            writer.write(b"451 come again\r\n")
            return
        unstuffed = data.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
        mail = email.message_from_bytes(unstuffed, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self._on_mail(mail)
        writer.write(b"250 taken\r\n")


@asynccontextmanager
async def smtp_sink(on_mail: Callable[[EmailMessage], None] = lambda mail: None) -> AsyncIterator[SmtpSink]:
    """A sink that listens on loopback."""
    sink = SmtpSink(on_mail)
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    async with server:
        yield sink
