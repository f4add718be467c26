"""One connection to an upstream pool, from connecting to its end."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from nompcore.config.upstream import UpstreamPool
from nompcore.errors import EncodingError
from services.jobmaker.upstream.dialogue import Said, UpstreamDialogue, UpstreamRefuses, UpstreamWork
from services.jobmaker.upstream.events import Answered, Asked, MessageShown, ReconnectAsked, UpstreamGarbled
from services.jobmaker.upstream.floor import UpstreamTooEasy

CHUNK_BYTES = 64 * 1024

UNREACHABLE, REFUSED, GARBLED = "unreachable", "refused", "garbled"
NO_WORK, SILENT, CLOSED, SENT_AWAY = "no-work", "silent", "closed", "sent-away"
TOO_EASY = "too-easy"


@dataclass(frozen=True, slots=True)
class UpstreamPace:
    """How patient a connection is, in seconds. The time for the first work begins with connecting."""

    first_work_seconds: float = 20.0
    silence_seconds: float = 300.0  # pools send work at least once a minute
    answer_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a connection is no more: one of the words above, and what an operator should know."""

    why: str
    detail: str
    reconnect: ReconnectAsked | None = None


class UpstreamConnection:
    """What the upstream pool says goes to `on_said`; shares are handed in with `submit`."""

    def __init__(
        self,
        pool: UpstreamPool,
        version_mask: int,
        pace: UpstreamPace,
        on_said: Callable[[UpstreamWork | MessageShown], None],
    ) -> None:
        self._pool = pool
        self._dialogue = UpstreamDialogue(pool.user, pool.password.get_secret_value(), version_mask)
        self._pace = pace
        self._on_said = on_said
        self._writer: asyncio.StreamWriter | None = None
        self._answers: dict[int, asyncio.Future[Answered]] = {}
        self._has_work = False

    async def last(self, host: str, port: int) -> Ending:
        """Connect and talk until it ends, whatever the reason."""
        tls = ssl.create_default_context() if self._pool.tls else None
        try:
            async with asyncio.timeout(self._pace.first_work_seconds) as deadline:
                try:
                    reader, self._writer = await asyncio.open_connection(host, port, ssl=tls)
                except (OSError, ValueError) as error:  # ssl.SSLError, and a host that can be nobody's name
                    return Ending(UNREACHABLE, str(error))
                return await self._talk(reader, self._writer, deadline)
        except TimeoutError:
            return self._out_of_time()
        except (OSError, UpstreamGarbled, UpstreamRefuses, UpstreamTooEasy, EncodingError) as error:
            return Ending(_WHY.get(type(error), CLOSED), str(error))
        finally:
            self._end()

    async def submit(self, params: list[str]) -> Answered | None:
        """Hand in a share; None when no answer came: the connection ended, or it took too long."""
        writer = self._writer
        if writer is None or writer.is_closing():
            return None
        number, line = self._dialogue.submit(params)
        answer: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        writer.write(line)
        try:
            async with asyncio.timeout(self._pace.answer_seconds):
                return await answer
        except (TimeoutError, ConnectionResetError):
            return None
        finally:
            self._answers.pop(number, None)
            self._dialogue.give_up(number)

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, deadline: asyncio.Timeout
    ) -> Ending:
        """`deadline` is moved whenever the upstream pool says something, once it has given work."""
        writer.write(self._dialogue.begin())
        while True:
            data = await reader.read(CHUNK_BYTES)
            if not data:
                return Ending(CLOSED, "the upstream pool closed the connection")
            for said in self._dialogue.receive(data):
                if isinstance(said, ReconnectAsked):
                    return Ending(SENT_AWAY, "the upstream pool asked to reconnect", said)
                self._take(said, writer)
            if self._has_work and b"\n" in data:  # a line that never ends says nothing
                deadline.reschedule(asyncio.get_running_loop().time() + self._pace.silence_seconds)
            await writer.drain()

    def _take(self, said: Said, writer: asyncio.StreamWriter) -> None:
        match said:
            case Asked():
                writer.write(said.reply)
            case Answered():
                answer = self._answers.get(said.number)
                if answer is not None and not answer.done():
                    answer.set_result(said)
            case UpstreamWork() | MessageShown():
                self._has_work = self._has_work or isinstance(said, UpstreamWork)
                self._on_said(said)

    def _end(self) -> None:
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(ConnectionResetError("the connection ended"))
        if self._writer is not None:
            self._writer.transport.abort()  # nothing that may still wait to be sent matters

    def _out_of_time(self) -> Ending:
        if self._has_work:
            return Ending(SILENT, f"nothing said for {self._pace.silence_seconds:g} s")
        return Ending(NO_WORK, f"no work within {self._pace.first_work_seconds:g} s")


_WHY: dict[type[Exception], str] = {
    UpstreamGarbled: GARBLED,
    EncodingError: GARBLED,
    UpstreamRefuses: REFUSED,
    UpstreamTooEasy: TOO_EASY,
}
