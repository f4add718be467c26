"""A coin daemon that answers from a table: for daemons too old, or too wrong, to be had."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from pydantic import SecretStr

from nompcore.config import DaemonConfig

METHOD_NOT_FOUND = -32601

Answers = Mapping[str, Callable[[list[object]], object]]


class Refusal(Exception):  # noqa: N818 - what the daemon says, not what went wrong here
    """Answer with an error."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@asynccontextmanager
async def scripted_daemon(answers: Answers) -> AsyncIterator[DaemonConfig]:
    """How to reach a daemon that knows these methods only: name → function of the parameters."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        body = _answer(answers, json.loads(await reader.readexactly(length)))
        writer.write(
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        )
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=16 * 1024 * 1024)
    async with server:
        yield DaemonConfig(port=server.sockets[0].getsockname()[1], user="me", password=SecretStr("secret"))


def _answer(answers: Answers, request: dict[str, object]) -> bytes:
    method, params = str(request["method"]), request["params"]
    reply: dict[str, object] = {"id": request["id"], "result": None, "error": None}
    try:
        if method not in answers:
            raise Refusal(METHOD_NOT_FOUND, "Method not found")
        assert isinstance(params, list)
        reply["result"] = answers[method](params)
    except Refusal as refusal:
        reply["error"] = {"code": refusal.code, "message": str(refusal)}
    return json.dumps(reply).encode()
