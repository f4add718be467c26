"""Publication into streams: a message out, its acknowledgement back, and little in between.

The NATS client asks and answers through two queues, three tasks and a time-out of each layer, which cost a
batch of shares as much as the kernel's part of it (ADR 32). Here the message goes to the client's socket at
once, and one subscription of the connection takes all acknowledgements.
"""

from __future__ import annotations

import asyncio

import msgspec
import nats.errors
import nats.js.errors
from nats.aio.msg import Msg

from nompcore.errors import BusUnavailable
from nompcore.link import Link, bus_errors

_NO_RESPONDERS = "503"


class _Refusal(msgspec.Struct):
    """JetStream's reason, in the words of its protocol."""

    code: int = 0
    err_code: int = 0
    description: str = ""


class _Acknowledgement(msgspec.Struct):
    """What JetStream answers to a publication."""

    seq: int = 0
    error: _Refusal | None = None


_acknowledgement = msgspec.json.Decoder(_Acknowledgement)


class _Arrivals(asyncio.Future[Msg]):
    """Where the client puts each message of a subscription at once: it is never done, and hands them on."""

    def __init__(self, waiting: dict[str, asyncio.Future[Msg]]) -> None:
        super().__init__()
        self._waiting = waiting

    def set_result(self, result: Msg, /) -> None:
        """An answer to the publication that its subject ends with; nobody waits for a late one."""
        answer = self._waiting.pop(result.subject.rpartition(".")[2], None)
        if answer is not None and not answer.done():
            answer.set_result(result)


class StreamWriter:
    """Publishes through a link. `open` it when the link is connected."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._inbox = ""
        self._waiting: dict[str, asyncio.Future[Msg]] = {}  # by the last word of the subject of the answer
        self._published = 0
        link.on_lost.add(self._lost)

    async def open(self) -> None:
        """Listen for acknowledgements, on this connection and those that replace it."""
        self._inbox = self._link.nc.new_inbox()
        with bus_errors("subscribe to acknowledgements"):
            await self._link.nc.subscribe(f"{self._inbox}.*", future=_Arrivals(self._waiting))
        await self._link.settle()

    async def publish(self, name: str, payload: bytes, msg_id: str | None, timeout_seconds: float) -> int:
        """The sequence of the stored message. BusUnavailable means unknown, BusError refused."""
        if not self._link.connected:
            raise BusUnavailable(f"publish {name}: not connected to NATS")
        _require_sound(name, msg_id)
        self._published += 1
        token = str(self._published)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Msg] = loop.create_future()
        self._waiting[token] = answer
        timer = loop.call_later(timeout_seconds, _fail, answer, TimeoutError)
        try:
            with bus_errors(f"publish {name}"):
                self._send(name, token, payload, msg_id)
                return _sequence(await answer)
        finally:
            timer.cancel()
            self._waiting.pop(token, None)

    def _send(self, name: str, token: str, payload: bytes, msg_id: str | None) -> None:
        """To the socket without the client's queue: nothing here waits for what is in it."""
        client = self._link.nc
        if client.is_draining_pubs:
            raise nats.errors.ConnectionDrainingError
        if len(payload) > client.max_payload:
            raise nats.errors.MaxPayloadError
        if client._transport is None:
            raise nats.errors.ConnectionReconnectingError
        client._transport.write(_command(name, f"{self._inbox}.{token}", payload, msg_id))

    def _lost(self) -> None:
        """The answers are lost with the connection."""
        for answer in tuple(self._waiting.values()):
            _fail(answer, nats.errors.ConnectionReconnectingError)


def _require_sound(name: str, msg_id: str | None) -> None:
    """What would end a line of the protocol too early is a bug of the caller."""
    if " " in name or not name.isprintable() or not (msg_id or "").isprintable():
        raise ValueError(f"no subject or message id: {name!r}, {msg_id!r}")


def _fail(answer: asyncio.Future[Msg], error: type[Exception]) -> None:
    if not answer.done():
        answer.set_exception(error())


def _command(name: str, reply: str, payload: bytes, msg_id: str | None) -> bytes:
    """HPUB of the NATS protocol, with the id as JetStream looks for it; PUB where there is none."""
    if not msg_id:
        return b"PUB %b %b %d\r\n%b\r\n" % (name.encode(), reply.encode(), len(payload), payload)
    header = b"NATS/1.0\r\nNats-Msg-Id: %b\r\n\r\n" % msg_id.encode()
    sizes = len(header), len(header) + len(payload)
    return b"HPUB %b %b %d %d\r\n%b%b\r\n" % (name.encode(), reply.encode(), *sizes, header, payload)


def _sequence(answer: Msg) -> int:
    """What an answer says; an error as the client has it."""
    if answer.headers and answer.headers.get("Status") == _NO_RESPONDERS:
        raise nats.js.errors.NoStreamResponseError
    acknowledgement = _acknowledgement.decode(answer.data)
    if acknowledgement.error is not None:
        raise nats.js.errors.APIError.from_error(msgspec.structs.asdict(acknowledgement.error))
    if acknowledgement.seq == 0:
        raise nats.errors.Error("an acknowledgement without a sequence")
    return acknowledgement.seq
