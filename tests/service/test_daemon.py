"""JSON-RPC against a real litecoind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from nompcore import metrics
from nompcore.config import DaemonConfig
from nompcore.daemon import Daemon
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
