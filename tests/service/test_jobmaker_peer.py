"""Block news over the coin's P2P protocol, from a real litecoind, through what happens to nodes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from nompcore.address import encode_segwit
from services.jobmaker.peer import USER_AGENT
from services.jobmaker.peer_connection import (
    CLOSED,
    CLOSED_EARLY,
    NO_HANDSHAKE,
    SILENT,
    UNREACHABLE,
    PeerPace,
)
from tests.servers import Litecoind
from tests.servers.process import wait_until
from tests.service.peer_ear import Ear, told

ADDRESS = encode_segwit("rltc", 0, bytes(20))


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Litecoind]:
    """A litecoind with a fresh tip: one that thinks it must catch up announces nothing."""
    node = Litecoind(tmp_path / "litecoind")
    try:
        await node.start()
        await node.generate(1, ADDRESS)
        yield node
    finally:
        await node.stop()


async def us_at(node: Litecoind) -> list[dict[str, Any]]:
    """What the node knows of us. It pings only those with whom it is through with the handshake."""
    async with node.daemon() as daemon:
        peers = await daemon.call("getpeerinfo")
    return [peer for peer in peers if peer["subver"] == USER_AGENT and "ping" in peer["bytessent_per_msg"]]


async def wait_for_news_of(node: Litecoind, ear: Ear) -> None:
    """Returns when a block that the node generates was heard of."""
    await wait_until(lambda: ear.connected, what="we think that we are connected")

    async def is_known() -> bool:
        return bool(await us_at(node))

    await wait_until(is_known, what="the node thinks that we are connected")
    (block_hash,) = await node.generate(1, ADDRESS)
    await wait_until(lambda: block_hash in ear.blocks, what="the block was announced")


async def test_a_node_announces_its_blocks_through_a_restart(node: Litecoind) -> None:
    ear = Ear(node.p2p_port)
    async with ear.listening():
        await wait_for_news_of(node, ear)
        assert (len(ear.blocks), ear.missed, ear.connects) == (1, 0, 1)

        await node.stop()
        await wait_until(lambda: not ear.connected and ear.ended(UNREACHABLE) > 0)
        await node.start()
        await wait_for_news_of(node, ear)

    assert (len(ear.blocks), ear.missed, ear.connects) == (2, 1, 2)
    assert ear.ended(CLOSED) == 1


async def test_the_node_is_told_who_we_are_and_whether_we_want_transactions(node: Litecoind) -> None:
    quiet, curious = Ear(node.p2p_port, version=70002), Ear(node.p2p_port, version=70016, relay=True)
    async with quiet.listening(), curious.listening():

        async def both_are_known() -> bool:
            return len(await us_at(node)) == 2

        await wait_until(both_are_known)
        peers = await us_at(node)

    assert {peer["version"]: peer["relaytxes"] for peer in peers} == {70002: False, 70016: True}
    assert {peer["services"] for peer in peers} == {"0000000000000000"}


def test_it_works_in_the_event_loop_of_services(tmp_path: Path) -> None:
    async def main() -> None:
        node = Litecoind(tmp_path / "litecoind")
        try:
            await node.start()
            await node.generate(1, ADDRESS)
            ear = Ear(node.p2p_port)
            async with ear.listening():
                await wait_for_news_of(node, ear)
        finally:
            await node.stop()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


async def test_another_networks_magic_never_gets_through_and_the_log_says_so_once(
    node: Litecoind, caplog: pytest.LogCaptureFixture
) -> None:
    ear = Ear(node.p2p_port, magic=bytes.fromhex("fcc1b7dc"))
    async with ear.listening():
        await wait_until(lambda: ear.ended(CLOSED_EARLY) >= 3)

    assert ear.connects == 0
    assert told(caplog) == [
        "the node did not answer our version message: the magic fcc1b7dc may be another network's, "
        "or protocol version 70015 too old"
    ]


async def test_a_protocol_version_of_old_never_gets_through_and_the_log_says_so(
    node: Litecoind, caplog: pytest.LogCaptureFixture
) -> None:
    ear = Ear(node.p2p_port, version=209)
    async with ear.listening():
        await wait_until(lambda: ear.ended(CLOSED_EARLY) >= 1)

    assert ear.connects == 0
    assert told(caplog)[0].endswith("or protocol version 209 too old")


async def test_nobody_there_is_one_line_and_no_reason_to_give_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    node = Litecoind(tmp_path / "litecoind")
    ear = Ear(node.p2p_port)
    async with ear.listening():
        await wait_until(lambda: ear.ended(UNREACHABLE) >= 3)
        assert len(told(caplog)) == 1
        try:
            await node.start()
            await node.generate(1, ADDRESS)
            await wait_for_news_of(node, ear)
        finally:
            await node.stop()
    assert ear.missed == 0


async def test_a_node_that_hangs_is_given_up_and_found_again(node: Litecoind) -> None:
    ear = Ear(node.p2p_port, pace=PeerPace(handshake_seconds=3, ping_seconds=0.2, silence_seconds=5))
    async with ear.listening():
        await wait_for_news_of(node, ear)
        node.freeze()
        await wait_until(lambda: ear.ended(SILENT) >= 1 and ear.ended(NO_HANDSHAKE) >= 1)
        node.thaw()
        await wait_for_news_of(node, ear)

    assert ear.missed >= 1


async def test_a_node_that_has_nothing_to_say_is_asked_whether_it_lives(node: Litecoind) -> None:
    ear = Ear(node.p2p_port, pace=PeerPace(ping_seconds=0.05))
    async with ear.listening():

        async def was_pinged_often() -> bool:
            return any(peer["bytesrecv_per_msg"].get("ping", 0) >= 5 * 32 for peer in await us_at(node))

        await wait_until(was_pinged_often)

    assert ear.connects == 1
