"""JSON-RPC against servers that answer what no daemon should."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from nompcore.daemon import ANSWER_BYTES, Daemon
from nompcore.errors import DaemonRefused, DaemonUnreachable, DaemonWarmingUp
from tests.service.test_daemon import config


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[Daemon]:
    """A client of a server that gives the same HTTP answer to every request."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        try:
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        except ConnectionError:
            return  # the client hung up before the end, as it may

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, Daemon(config(server.sockets[0].getsockname()[1])) as daemon:
        yield daemon


def http(status: str, body: bytes) -> bytes:
    """An HTTP answer."""
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status.encode(), len(body), body)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (http("503 Service Unavailable", b"Work queue depth exceeded"), "HTTP 503"),
        (http("500 Internal Server Error", b""), "HTTP 500"),
        (http("404 Not Found", b"<html>"), "HTTP 404"),
        (http("302 Found", b""), "HTTP 302"),
        (http("200 OK", b"{'result'"), "not JSON"),
        (http("200 OK", b"\xff\xfe"), "not JSON"),
        (http("200 OK", b"[" * 100_000), "not JSON"),
        (http("200 OK", b"[1, 2]"), "not JSON-RPC"),
        (http("200 OK", b"{}"), "not JSON-RPC"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "127.0.0.1"),
        (b"SSH-2.0-OpenSSH\r\n", "127.0.0.1"),
        (b"", "127.0.0.1"),
    ],
)
async def test_what_is_no_json_rpc_is_unreachable(answer: bytes, told: str) -> None:
    async with answering(answer) as daemon:
        with pytest.raises(DaemonUnreachable, match=told):
            await daemon.call("getblockcount")


async def test_an_answer_without_end_is_given_up() -> None:
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (2 * ANSWER_BYTES)
    async with answering(endless + bytes(ANSWER_BYTES + 1)) as daemon:
        with pytest.raises(DaemonUnreachable, match="exceeds"):
            await daemon.call("getblockcount", timeout_seconds=60)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"result":null,"error":{"code":-28,"message":"Loading"},"id":1}', DaemonWarmingUp),
        (b'{"result":null,"error":{"code":-10,"message":"syncing"},"id":1}', DaemonWarmingUp),
        (b'{"result":null,"error":{"code":-25,"message":"no"},"id":1}', DaemonRefused),
        (b'{"result":null,"error":"just text","id":1}', DaemonRefused),
    ],
)
@pytest.mark.parametrize("status", ["200 OK", "500 Internal Server Error"])
async def test_errors_are_sorted_by_their_code_whatever_the_status(
    status: str, body: bytes, expected: type[Exception]
) -> None:
    async with answering(http(status, body)) as daemon:
        with pytest.raises(expected):
            await daemon.call("getblockcount")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            b'[{"result":2,"error":null,"id":2},{"result":1,"error":null,"id":1}]',
            lambda a, b: (a, b) == (1, 2),
        ),
        (b'[{"result":2,"error":null,"id":2},{"id":[]}]', lambda a, _: isinstance(a, DaemonUnreachable)),
        (b"[]", lambda a, b: isinstance(a, DaemonUnreachable) and isinstance(b, DaemonUnreachable)),
    ],
)
async def test_answers_of_a_batch_are_found_by_their_id(
    body: bytes, expected: Callable[[object, object], bool]
) -> None:
    async with answering(http("200 OK", body)) as daemon:
        results = await daemon.batch([("a", []), ("b", [])])

    assert expected(*results)


async def test_the_fields_of_a_result_are_json_still() -> None:
    body = b'{"result":{"amount":0.1, "list":[1, 2], "text":"x"},"error":null,"id":1}'
    async with answering(http("200 OK", body)) as daemon:
        fields = await daemon.call_fields("getblocktemplate")

    texts = {name: bytes(text) for name, text in fields.items()}
    assert texts == {"amount": b"0.1", "list": b"[1, 2]", "text": b'"x"'}


@pytest.mark.parametrize("result", [b"null", b"[]", b"[{}]", b'"text"', b"1", b"1.5", b"true"])
async def test_a_result_that_is_no_object_has_no_fields(result: bytes) -> None:
    async with answering(http("200 OK", b'{"result":' + result + b"}")) as daemon:
        assert await daemon.call_fields("getblocktemplate") == {}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"result":null,"error":{"code":-28,"message":"Loading"},"id":1}', DaemonWarmingUp),
        (b'{"result":null,"error":{"code":-8,"message":"no"},"id":1}', DaemonRefused),
        (b"{}", DaemonUnreachable),
        (b"[1]", DaemonUnreachable),
        (b'{"result":', DaemonUnreachable),
    ],
)
async def test_a_call_for_fields_fails_as_any_other(body: bytes, expected: type[Exception]) -> None:
    async with answering(http("500 Internal Server Error", body)) as daemon:
        with pytest.raises(expected):
            await daemon.call_fields("getblocktemplate")


async def test_a_batch_refused_as_a_whole_raises() -> None:
    body = b'{"result":null,"error":{"code":-32600,"message":"no batches"},"id":null}'
    async with answering(http("500 Internal Server Error", body)) as daemon:
        with pytest.raises(DaemonRefused, match="no batches"):
            await daemon.batch([("a", [])])
