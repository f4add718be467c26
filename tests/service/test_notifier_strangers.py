"""What strangers may not do by way of the notifier: pester others by mail, reach its own machine."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable

from nompcore.bus import Bus
from nompcore.subjects import NOTIFIER
from services.notifier.subscribers.asked_store import MAX_ASKED, AskedStore
from services.notifier.subscribers.own_address import is_own
from services.notifier.subscribers.public_poster import PublicPoster
from tests.service.http_sink import http_sink

Connect = Callable[..., Awaitable[Bus]]


async def test_mail_boxes_are_not_pestered(connect_bus: Connect) -> None:
    asked = AskedStore(await connect_bus(NOTIFIER))

    assert await asked.may_ask("me@example.org", "ltc.a")
    for written in ("me@example.org", "ME@example.org", "m.e@Example.org", "me+1@example.org"):
        assert not await asked.may_ask(written, "ltc.b")
    for number in range(1, MAX_ASKED):
        assert await asked.may_ask(f"you{number}@example.org", "ltc.a")
    assert not await asked.may_ask("they@example.org", "ltc.a")
    assert await asked.may_ask("they@example.org", "ltc.b")


async def test_a_strangers_url_does_not_reach_this_machine() -> None:
    async with http_sink() as sink:
        port = sink.url.split(":")[2].split("/")[0]
        poster = PublicPoster([])
        for url in (
            sink.url,
            f"http://localhost:{port}/",
            f"http://[::ffff:127.0.0.1]:{port}/",
            "http://a..b/",
        ):
            assert await poster.post(url, b"{}") is None
        await poster.aclose()

    assert sink.requests == 0


async def test_a_machine_knows_its_own_addresses() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        here: str = probe.getsockname()[0]

    assert (is_own("127.0.0.1", 443), is_own(here, 443), is_own("192.0.2.1", 443)) == (True, True, False)
