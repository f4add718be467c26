"""JSON-RPC against a real litecoind, and against servers that answer what no daemon should."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from nompcore import metrics
from nompcore.config import DaemonConfig
from nompcore.daemon import ANSWER_BYTES, Daemon
from nompcore.errors import (
    DaemonRefused,
    DaemonUnauthorized,
    DaemonUnreachable,
    DaemonWarmingUp,
)
from tests.servers import Litecoind, free_port
from tests.servers.litecoind import WALLET

RULES = {"rules": ["mweb", "segwit"]}


def config(port: int, password: str = "a secret") -> DaemonConfig:
    """A daemon on this machine."""
    return DaemonConfig(port=port, user="me", password=SecretStr(password))


@pytest.fixture(scope="module")
def litecoind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Litecoind]:
    """With a wallet, a peer and a block: one for all tests of this file."""
    directory = tmp_path_factory.mktemp("litecoind")
    peer = Litecoind(directory / "peer")
    node = Litecoind(directory / "node", peer=peer)

    async def start() -> None:
        await peer.start()
        await node.start()
        await node.generate(1, await node.create_wallet())

    async def stop() -> None:
        await node.stop()
        await peer.stop()

    asyncio.run(start())
    yield node
    asyncio.run(stop())


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


async def test_amounts_of_a_daemon_are_exact_decimals_and_counts_are_integers(litecoind: Litecoind) -> None:
    async with litecoind.daemon() as daemon:
        info = await daemon.call("getblockchaininfo")
        template = await daemon.call("getblocktemplate", RULES)
    async with litecoind.daemon(WALLET) as wallet:
        unspent = await wallet.call("getbalances")

    assert isinstance(info["difficulty"], Decimal)
    assert (template["height"], template["coinbasevalue"]) == (info["blocks"] + 1, 5_000_000_000)
    assert unspent["mine"]["immature"] == Decimal("50.00000000")


async def test_decimals_are_sent_as_exact_numbers(litecoind: Litecoind) -> None:
    async with litecoind.daemon(WALLET) as wallet:
        address = await wallet.call("getnewaddress")
        raw = await wallet.call("createrawtransaction", [], {address: Decimal("0.12345678")})
        decoded = await wallet.call("decoderawtransaction", raw)

    assert decoded["vout"][0]["value"] == Decimal("0.12345678")


async def test_a_wallet_is_asked_at_its_own_address(litecoind: Litecoind) -> None:
    await litecoind.create_wallet("second wallet/1")
    async with litecoind.daemon("second wallet/1") as wallet:
        info = await wallet.call("getwalletinfo")

    assert info["walletname"] == "second wallet/1"


async def test_a_refusal_has_the_daemons_code_and_text(litecoind: Litecoind) -> None:
    refused = metrics.DAEMON_ERRORS.labels(f"127.0.0.1:{litecoind.rpc_port}", "DaemonRefused")
    async with litecoind.daemon() as daemon:
        with pytest.raises(DaemonRefused, match="segwit") as rules:
            await daemon.call("getblocktemplate")
        with pytest.raises(DaemonRefused) as unknown:
            await daemon.call("getinfo")

    assert (rules.value.code, unknown.value.code) == (-8, -32601)
    assert refused._value.get() == 2


async def test_a_batch_keeps_its_order_and_holds_refusals_as_values(litecoind: Litecoind) -> None:
    async with litecoind.daemon() as daemon:
        height, refusal, best = await daemon.batch(
            [("getblockcount", []), ("getblockhash", [99]), ("getblockhash", [1])]
        )

    assert height >= 1
    assert isinstance(refusal, DaemonRefused)
    assert len(best) == 64


async def test_a_daemon_without_peers_is_warming_up(tmp_path: Path) -> None:
    lonely = Litecoind(tmp_path / "lonely")
    try:
        await lonely.start()
        async with lonely.daemon() as daemon:
            with pytest.raises(DaemonWarmingUp, match="not connected"):
                await daemon.call("getblocktemplate", RULES)
    finally:
        await lonely.stop()


async def test_a_wrong_password_is_told_without_telling_it(
    litecoind: Litecoind, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        async with Daemon(config(litecoind.rpc_port, "a wrong secret")) as daemon:
            with pytest.raises(DaemonUnauthorized, match="401") as caught:
                await daemon.call("getblockcount")

    told = f"{caught.value} {daemon.name} {daemon!r} {caplog.text}"
    assert "wrong secret" not in told
    assert daemon.name == f"127.0.0.1:{litecoind.rpc_port}"


async def test_a_new_cookie_is_read_when_the_daemon_was_restarted(tmp_path: Path) -> None:
    # the time for which a daemon that stops waits for our idle connection
    node = Litecoind(tmp_path / "node", cookie=True, options=("-rpcservertimeout=1",))
    try:
        await node.start()
        async with node.daemon() as daemon:
            assert await daemon.call("getblockcount") == 0
            old = node.cookie_file.read_text()
            await node.stop()
            with pytest.raises(DaemonUnreachable):
                await daemon.call("getblockcount")
            with pytest.raises(DaemonUnreachable, match="cookie"):
                await daemon.call("getblockcount")
            await node.start()
            assert node.cookie_file.read_text() != old
            assert await daemon.call("getblockcount") == 0
            await node.kill()
            await node.start()
            assert await daemon.call("getblockcount") == 0
    finally:
        await node.stop()


async def test_a_cookie_that_is_wrong_and_stays_is_unauthorized(litecoind: Litecoind, tmp_path: Path) -> None:
    cookie = tmp_path / "cookie"
    cookie.write_text("__cookie__:wrong")
    async with Daemon(DaemonConfig(port=litecoind.rpc_port, cookie_file=cookie)) as daemon:
        with pytest.raises(DaemonUnauthorized):
            await daemon.call("getblockcount")


async def test_a_daemon_that_does_not_run_is_unreachable() -> None:
    async with Daemon(config(free_port())) as daemon:
        with pytest.raises(DaemonUnreachable):
            await daemon.call("getblockcount")


async def test_a_silent_daemon_is_unreachable_after_the_calls_own_time(litecoind: Litecoind) -> None:
    async with litecoind.daemon() as daemon:
        height = await daemon.call("getblockcount")
        litecoind.freeze()
        with pytest.raises(DaemonUnreachable, match=r"within 0\.2 s"):
            while True:  # its threads may run on for a moment
                await daemon.call("getblockcount", timeout_seconds=0.2)
        litecoind.thaw()
        assert await daemon.call("getblockcount") == height


async def test_a_long_poll_does_not_keep_other_calls_waiting(litecoind: Litecoind) -> None:
    async with litecoind.daemon() as daemon, asyncio.TaskGroup() as tasks:
        template = await daemon.call("getblocktemplate", RULES)
        longpoll = RULES | {"longpollid": template["longpollid"]}
        waiting = tasks.create_task(daemon.call("getblocktemplate", longpoll, timeout_seconds=60))
        for _ in range(5):
            assert await daemon.call("getblockcount") == template["height"] - 1
        assert not waiting.done()
        await litecoind.generate(1, await litecoind.create_wallet("other"))
        assert (await waiting)["height"] == template["height"] + 1


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
