"""Blocknotify over real TCP to a tip on real NATS."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from nompcore.bus import Bus
from nompcore.messages import Tip
from nompcore.subjects import JOBMAKER, NOTIFIER, TIP
from services.notifier.blocknotify import NOTIFIED, BlockNotify, TipPublisher
from services.notifier.line_listener import MAX_CONNECTIONS, MAX_LINE, LineListener
from services.notifier.metrics import NOTICES_REFUSED
from services.notifier.notice import pools_by_name
from services.notifier.senders import Senders
from tests.counted import counted
from tests.servers import NatsServer, wait_until
from tests.unit.api_samples import pool_config

PASSWORD = "secret of the listener"
HASH = "ab" * 32
TAKEN = NOTIFIED.encode() + b"\n"


class Door:
    """A listener on a free port, and the tips that reach jobmaker."""

    def __init__(self, bus: Bus, port: int, tips: list[Tip]) -> None:
        self.bus = bus
        self.port = port
        self.tips = tips

    async def say(self, data: bytes) -> bytes:
        """Send bytes and return all that comes back until the other side closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(data)
        async with asyncio.timeout(30):
            answer = await reader.read()
        writer.close()
        return answer


@asynccontextmanager
async def door(nats_url: str, line_seconds: float = 30) -> AsyncIterator[Door]:
    """The listener as `__main__` makes it."""
    jobmaker = await Bus.connect(nats_url, service=JOBMAKER, replica="test")
    bus = await Bus.connect(nats_url, service=NOTIFIER, replica="test")
    tips: list[Tip] = []

    async def hear(tip: Tip) -> None:
        tips.append(tip)

    await jobmaker.subscribe(TIP, hear)
    await wait_until(lambda: jobmaker.connected and bus.connected)
    notify = BlockNotify(SecretStr(PASSWORD), pools_by_name([pool_config()]), TipPublisher(bus))
    listener = LineListener(
        "blocknotify", notify.serve, NOTICES_REFUSED, Senders(), line_seconds=line_seconds
    )
    async with await listener.listen(0) as server:
        yield Door(bus, server.sockets[0].getsockname()[1], tips)
    await bus.drain()
    await jobmaker.drain()


def notice(**changes: str) -> bytes:
    return json.dumps({"password": PASSWORD, "coin": "litecoin", "hash": HASH, **changes}).encode() + b"\n"


def refused(reason: str) -> float:
    return counted("nomp_notifier_notices_refused_total", reason=reason)


def dropped() -> float:
    return counted("nomp_bus_dropped_total", subject=TIP.pattern)


async def test_a_notice_becomes_a_tip(nats_url: str) -> None:
    async with door(nats_url) as listening:
        answer = await listening.say(notice())
        await wait_until(lambda: bool(listening.tips), what="the tip")

    assert answer == TAKEN
    assert listening.tips == [Tip(pool="litecoin", block_hash_display=HASH, source="blocknotify")]


@pytest.mark.parametrize("coin", ["Litecoin", "LTC", "litecoin"])
async def test_a_coin_is_known_by_name_and_symbol_in_any_case(nats_url: str, coin: str) -> None:
    async with door(nats_url) as listening:
        await listening.say(notice(coin=coin, hash=""))
        await wait_until(lambda: bool(listening.tips), what="the tip")

    assert listening.tips[0].block_hash_display == ""


async def test_a_line_may_end_with_the_stream(nats_url: str) -> None:
    async with door(nats_url) as listening:
        _, writer = await asyncio.open_connection("127.0.0.1", listening.port)
        writer.write(notice().rstrip())
        writer.write_eof()
        await wait_until(lambda: bool(listening.tips), what="the tip")
        writer.close()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (notice(password="guess"), "wrong-password"),
        (notice(hash="beef"), "malformed"),
        (b"GET / HTTP/1.1\n", "malformed"),
        (b"\x00\xff\n", "malformed"),
        (b"x" * 4 * MAX_LINE, "oversized"),
        (notice(coin="l" * MAX_LINE), "oversized"),
    ],
)
async def test_what_is_refused_is_counted_and_answered_with_silence(
    nats_url: str, said: bytes, reason: str
) -> None:
    before = refused(reason)
    async with door(nats_url) as listening:
        try:
            answer = await listening.say(said)
        except ConnectionResetError:  # the listener closed with bytes of ours unread
            answer = b""
        await wait_until(lambda: refused(reason) == before + 1, what=reason)
        await listening.say(notice())
        await wait_until(lambda: bool(listening.tips), what="the tip of the notice after it")

    assert answer == b""
    assert len(listening.tips) == 1


async def test_who_knows_the_password_is_told_of_an_unknown_coin(nats_url: str) -> None:
    before = refused("unknown-coin")
    async with door(nats_url) as listening:
        answer = await listening.say(notice(coin="nocoin"))

    assert answer == b"error: no pool of this coin\n"
    assert refused("unknown-coin") == before + 1
    assert listening.tips == []


async def test_the_form_without_password_is_told_what_to_send(nats_url: str) -> None:
    before = refused("no-password")
    async with door(nats_url) as listening:
        said = json.dumps({"command": "blocknotify", "params": ["litecoin", HASH]}).encode() + b"\n"
        answer = await listening.say(said)

    assert answer.startswith(b"error: this listener needs a password")
    assert refused("no-password") == before + 1
    assert listening.tips == []


@pytest.mark.parametrize("said", [b"", notice()[:20]])
async def test_who_does_not_finish_the_line_is_cut_off(nats_url: str, said: bytes) -> None:
    before = refused("timeout")
    async with door(nats_url, line_seconds=0.1) as listening:
        assert await listening.say(said) == b""

    assert refused("timeout") == before + 1


async def test_connections_are_bounded(nats_url: str) -> None:
    before = refused("busy")
    async with door(nats_url) as listening:
        idle = [await asyncio.open_connection("127.0.0.1", listening.port) for _ in range(MAX_CONNECTIONS)]
        answer = await listening.say(b"")
        for _, writer in idle:
            writer.close()

    assert answer == b""
    assert refused("busy") == before + 1


async def test_a_notice_while_nats_is_away_is_counted_as_dropped(
    nats_url: str, nats_server: NatsServer
) -> None:
    before, notices = dropped(), counted("nomp_notifier_notices_total")
    async with door(nats_url) as listening:
        await nats_server.stop()
        await wait_until(lambda: not listening.bus.connected, what="the connection is lost")
        await listening.say(notice())
        await nats_server.start()
        await wait_until(lambda: listening.bus.connected, what="the connection is back")

    assert counted("nomp_notifier_notices_total") == notices + 1
    assert dropped() == before + 1
