"""A daemon in front of another one: it passes calls on and notes them, but answers some as a test says."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import msgspec

from nompcore.config import DaemonConfig
from nompcore.errors import DaemonRefused
from tests.servers.scripted_daemon import Refusal

HEAD_END = b"\r\n\r\n"
LARGEST_BYTES = 64 * 1024 * 1024

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(Any, float_hook=Decimal).decode


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What goes over the wire instead of an answer of JSON-RPC."""

    status: int
    body: bytes = b""

    @property
    def wire(self) -> bytes:
        """Its bytes."""
        head = b"HTTP/1.1 %d Said\r\nConnection: close\r\nContent-Length: %d" % (self.status, len(self.body))
        return head + HEAD_END + self.body


class PassOn(Exception):  # noqa: N818 - what an answer may say: not mine
    """The daemon behind shall answer."""


Answer = Callable[[list[Any]], Awaitable[object]]


class RelayDaemon:
    """`answers`: by method, instead of the daemon behind. An answer is a result, an HttpAnswer or, raised,
    a Refusal, PassOn or a ConnectionError, which hangs up.

    `calls` are all that came, method and parameters, in their order; `answered` those that are over.
    """

    def __init__(self, behind: DaemonConfig) -> None:
        self.answers: dict[str, Answer] = {}
        self.calls: list[tuple[str, list[Any]]] = []
        self.answered: list[tuple[str, list[Any]]] = []
        self.config = behind
        self._behind = behind
        self._serving: set[asyncio.Task[None]] = set()

    async def ask_behind(self, method: str, *params: object) -> Any:
        """What the daemon behind says. Raises DaemonRefused for an error, ConnectionError for no answer."""
        request = {"jsonrpc": "1.0", "id": 0, "method": method, "params": params}
        body = (await self._pass_on(_encode(request))).partition(HEAD_END)[2]
        if not body:
            raise ConnectionError("the daemon behind did not answer")
        answer: Any = _decode(body)
        if answer["error"]:
            raise DaemonRefused(answer["error"]["code"], answer["error"]["message"])
        return answer["result"]

    def count(self, method: str) -> int:
        """How often a method was called."""
        return sum(called == method for called, _ in self.calls)

    def template_requests(self, **keys: object) -> list[dict[str, Any]]:
        """The parameters of the getblocktemplate calls that have these keys; None means without the key."""
        requests = [params[0] for method, params in self.calls if method == "getblocktemplate" and params]
        return [request for request in requests if all(request.get(key) == keys[key] for key in keys)]

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[RelayDaemon]:
        """Answers for the length of the block, at `config`."""
        server = await asyncio.start_server(self._on_connection, "127.0.0.1", 0, limit=LARGEST_BYTES)
        self.config = self._behind.model_copy(update={"port": server.sockets[0].getsockname()[1]})
        try:
            yield self
        finally:
            server.close()
            for task in self._serving:
                task.cancel()
            await asyncio.gather(*self._serving, return_exceptions=True)
            await server.wait_closed()

    def _on_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        task.add_done_callback(lambda _: writer.close())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):  # somebody hung up
            head = await reader.readuntil(HEAD_END)
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            body = await reader.readexactly(length)
            request = msgspec.json.decode(body)
            writer.write(await self._answer(body, request))
            await writer.drain()
            self.answered.append((request["method"], request["params"]))

    async def _answer(self, body: bytes, request: dict[str, Any]) -> bytes:
        method, params = request["method"], request["params"]
        self.calls.append((method, params))
        reply: dict[str, object] = {"id": request["id"], "result": None, "error": None}
        try:
            if method not in self.answers:
                raise PassOn
            reply["result"] = await self.answers[method](params)
        except (Refusal, DaemonRefused) as refused:
            text = refused.text if isinstance(refused, DaemonRefused) else str(refused)
            reply["error"] = {"code": refused.code, "message": text}
        except PassOn:
            return await self._pass_on(body)
        if isinstance(reply["result"], HttpAnswer):
            return reply["result"].wire
        return HttpAnswer(200, _encode(reply)).wire

    async def _pass_on(self, body: bytes) -> bytes:
        """What the daemon behind answers, as it comes; empty where it hangs up."""
        login = f"{self._behind.user}:{self._behind.password.get_secret_value()}".encode()
        wallet = self._behind.wallet
        path = f"/wallet/{quote(wallet, safe='')}".encode() if wallet else b"/"
        reader, writer = await asyncio.open_connection(
            self._behind.host, self._behind.port, limit=LARGEST_BYTES
        )
        with contextlib.closing(writer):
            writer.write(
                b"POST %b HTTP/1.1\r\nHost: relay\r\nConnection: close\r\nAuthorization: Basic %b\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (path, base64.b64encode(login), len(body), body)
            )
            return await reader.read()
