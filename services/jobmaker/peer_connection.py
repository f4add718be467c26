"""One connection to a node of the coin's network, from connecting to its end."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from services.jobmaker.peer_dialogue import Event, PeerDialogue, Refused

CHUNK_BYTES = 64 * 1024
NONCE_BYTES = 8

UNREACHABLE, NO_HANDSHAKE, REFUSED = "unreachable", "no-handshake", "refused"
CLOSED_EARLY, CLOSED, SILENT = "closed-early", "closed", "silent"


@dataclass(frozen=True, slots=True)
class PeerPace:
    """How patient a connection is, in seconds. The handshake's time begins with connecting."""

    handshake_seconds: float = 20.0
    ping_seconds: float = 60.0
    silence_seconds: float = 180.0


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a connection is no more: one of the words above, and what an operator should know."""

    why: str
    detail: str


class PeerConnection:
    """What is learnt goes to `on_event`."""

    def __init__(self, dialogue: PeerDialogue, pace: PeerPace, on_event: Callable[[Event], None]) -> None:
        self._dialogue = dialogue
        self._pace = pace
        self._on_event = on_event

    async def last(self, host: str, port: int) -> Ending:
        """Connect and talk until it ends, whatever the reason."""
        try:
            async with asyncio.timeout(self._pace.handshake_seconds) as deadline:
                try:
                    reader, writer = await asyncio.open_connection(host, port)
                except OSError as error:
                    return Ending(UNREACHABLE, str(error))
                try:
                    return await self._talk(reader, writer, deadline)
                except OSError as error:
                    return self._closed(str(error))
                finally:
                    writer.transport.abort()  # nothing that may still wait to be sent matters
        except TimeoutError:
            return self._out_of_time()

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, deadline: asyncio.Timeout
    ) -> Ending:
        """Raises OSError. `deadline` is moved whenever the node says something."""
        now = asyncio.get_running_loop().time
        writer.write(self._dialogue.greeting())
        ping_at = now() + self._pace.ping_seconds
        while True:
            data = await _read_until(ping_at, reader)
            if data is None:
                writer.write(self._dialogue.ping(secrets.token_bytes(NONCE_BYTES)))
                ping_at = now() + self._pace.ping_seconds
                continue
            if not data:
                return self._closed("the node closed the connection")
            turn = self._dialogue.receive(data)
            for event in turn.events:
                self._on_event(event)
                if isinstance(event, Refused):
                    return Ending(REFUSED, self._dialogue.why_not_accepted())
            if turn.heard and self._dialogue.handshaken:
                deadline.reschedule(now() + self._pace.silence_seconds)
            writer.write(turn.reply)
            await writer.drain()

    def _closed(self, detail: str) -> Ending:
        if self._dialogue.handshaken:
            return Ending(CLOSED, detail)
        return Ending(CLOSED_EARLY, self._dialogue.why_not_accepted())

    def _out_of_time(self) -> Ending:
        if self._dialogue.handshaken:
            return Ending(SILENT, f"nothing said for {self._pace.silence_seconds:g} s")
        detail = f"no handshake within {self._pace.handshake_seconds:g} s"
        return Ending(NO_HANDSHAKE, f"{detail}: {self._dialogue.why_not_accepted()}")


async def _read_until(when: float, reader: asyncio.StreamReader) -> bytes | None:
    """What comes next, nothing at the end; None when nothing came by `when` on the loop's clock."""
    try:
        async with asyncio.timeout_at(when) as due:
            return await reader.read(CHUNK_BYTES)
    except TimeoutError:
        if not due.expired():  # the connection's own error, an OSError
            raise
        return None
