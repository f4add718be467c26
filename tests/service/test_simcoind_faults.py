"""The simulated daemon over HTTP: faults on demand, and what clients send that is no call."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from nompcore.errors import DaemonUnauthorized, DaemonUnreachable, DaemonWarmingUp
from nompcore.hashing import pow_hash
from tests.block_mutations import block_of, solved
from tests.servers import SimCoind
from tests.simcoind_chain import FOREIGN

RULES = {"rules": ["mweb", "segwit"]}
FOREIGN_ADDRESS = "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn"
POOL = "pool"


@pytest.fixture
async def simcoind(tmp_path: Path) -> AsyncIterator[SimCoind]:
    """A daemon whose coinbases mature after five blocks."""
    server = SimCoind(tmp_path / "simcoind", options=("--maturity=5",))
    await server.start()
    yield server
    await server.stop()


async def mined_block(server: SimCoind, extranonce: int = 0) -> str:
    """A block made from the daemon's template, as hex."""
    template = await server.call("getblocktemplate", RULES)
    return solved(block_of(template, FOREIGN, extranonce), pow_hash("scrypt")).serialize().hex()


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("unauthorized", DaemonUnauthorized),
        ("warmup", DaemonWarmingUp),
        ("syncing", DaemonWarmingUp),
        ("nopeers", DaemonWarmingUp),
        ("drop", DaemonUnreachable),
        ("lostreply", DaemonUnreachable),
        ("badjson", DaemonUnreachable),
    ],
)
async def test_a_fault_lasts_until_it_is_switched_off(
    simcoind: SimCoind, kind: str, error: type[Exception]
) -> None:
    await simcoind.generate(1, FOREIGN_ADDRESS)

    await simcoind.set_fault(kind)
    for _ in range(2):
        with pytest.raises(error):
            await simcoind.call("getblocktemplate", RULES)
    assert (await simcoind.call("sim_state"))["fault"] == kind
    await simcoind.set_fault("none")

    assert (await simcoind.call("getblocktemplate", RULES))["height"] == 2


async def test_a_lost_reply_is_that_of_a_call_which_was_done(simcoind: SimCoind) -> None:
    await simcoind.generate(1, FOREIGN_ADDRESS)
    block = await mined_block(simcoind)
    await simcoind.set_fault("lostreply", methods=["submitblock"], count=1)

    with pytest.raises(DaemonUnreachable):
        await simcoind.call("submitblock", block)

    assert await simcoind.call("submitblock", block) == "duplicate"


async def test_a_dropped_call_was_not_done(simcoind: SimCoind) -> None:
    await simcoind.generate(1, FOREIGN_ADDRESS)
    block = await mined_block(simcoind)
    await simcoind.set_fault("drop", methods=["submitblock"], count=1)

    with pytest.raises(DaemonUnreachable):
        await simcoind.call("submitblock", block)

    assert await simcoind.call("submitblock", block) is None


async def test_a_slow_daemon_answers_after_its_delay(simcoind: SimCoind) -> None:
    await simcoind.set_fault("slow", seconds=3600, methods=["uptime"])

    async with simcoind.daemon() as daemon:
        with pytest.raises(DaemonUnreachable, match="no answer"):
            await daemon.call("uptime", timeout_seconds=0.2)
    assert await simcoind.call("getblockcount") == 0
    await simcoind.set_fault("slow", seconds=0.01)
    assert await simcoind.call("uptime") >= 0


async def post(server: SimCoind, body: bytes, **options: Any) -> httpx.Response:
    """An HTTP request as it is."""
    login = options.pop("auth", (server.user, server.password))
    async with httpx.AsyncClient() as client:
        return await client.post(server.url, content=body, auth=login, timeout=30, **options)


async def test_http_answers_are_those_of_coin_daemons(simcoind: SimCoind) -> None:
    unknown = await post(simcoind, b'{"id":1,"method":"getinfo"}')
    failed = await post(simcoind, b'{"id":1,"method":"getblockhash","params":[99]}')
    stranger = await post(simcoind, b"{}", auth=("user", "wrong"))
    junk = await post(simcoind, b"\x00junk")
    batch = await post(simcoind, b'[{"id":1,"method":"getblockcount"},{"id":2,"method":"getinfo"}]')
    amount = await post(simcoind, b'{"id":"x","method":"getbalance"}')

    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, -32601)
    assert (failed.status_code, failed.json()["error"]["code"]) == (500, -8)
    assert (stranger.status_code, stranger.content) == (401, b"")
    assert (junk.status_code, junk.json()["error"]["code"]) == (500, -32700)
    assert batch.status_code == 200
    assert [row["id"] for row in batch.json()] == [1, 2]
    assert amount.content == b'{"result":0.00000000,"error":null,"id":"x"}\n'


async def test_junk_on_the_socket_ends_only_its_own_connection(simcoind: SimCoind) -> None:
    for junk in (b"\r\n\r\n", b"\xff" * 40_000, b"POST / HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", simcoind.port)
        writer.write(junk)
        with contextlib.suppress(ConnectionResetError):
            assert len(await asyncio.wait_for(reader.read(), 30)) < 500
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    assert await simcoind.call("getblockcount") == 0
