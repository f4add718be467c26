"""Miners are told over real NATS, HTTP and SMTP, by the replica whose turn it is; payouts is a sample."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from email.message import EmailMessage

import msgspec
import pytest
from msgspec.structs import replace as changed
from pydantic import SecretStr

from nompcore.bus import Bus
from nompcore.config import MinerNoticesConfig, PortalConfig
from nompcore.requests import MinerPayment, MinerReply, MinerRequest, MinerWorker
from nompcore.subjects import (
    API,
    MINER,
    NOTIFIER,
    PAYOUTS,
    STATS,
    SUBSCRIPTIONS,
    TOLD,
    pool_key,
    subscriber_key,
)
from nompcore.subscriptions import Subscriber, Subscription
from services.notifier.subscribers.outlets import Outlets
from services.notifier.subscribers.teller import Teller
from services.notifier.subscribers.told import Note, Told, ToldOf
from tests.servers import wait_until
from tests.servers.smtp_sink import smtp_sink
from tests.service.http_sink import http_sink
from tests.unit import api_samples as samples

MINUTE_MS = 60_000
ADDRESS = "Lme"
KEY = subscriber_key(samples.POOL, ADDRESS)
LOOPBACK = ("127.0.0.0/8",)

Connect = Callable[..., Awaitable[Bus]]


def config(mail_port: int = 0, networks: tuple[str, ...] = LOOPBACK) -> PortalConfig:
    """A portal that tells miners, on this machine too."""
    mail = f"mailto://127.0.0.1:{mail_port}?from=pool@pool.example&to={{recipient}}" if mail_port else ""
    notices = MinerNoticesConfig(public_url="https://pool.example", mail=SecretStr(mail), networks=networks)
    return replace(samples.portal_config(), miner_notices=notices)


def subscription(name: str, channel: str, target: str, confirm_token: str = "") -> Subscription:
    return Subscription(
        subscription_id=name, channel=channel, target=target, events=["worker-offline", "paid"],
        offline_minutes=15, drop_percent=50, made_ms=samples.NOW_MS, end_token=f"end-{name}",
        confirm_token=confirm_token,
    )  # fmt: skip


class Pool:
    """What payouts would say, and the time; `tell` is what the api would have written."""

    def __init__(self, payouts: Bus, api: Bus) -> None:
        self.now_ms = samples.NOW_MS
        self.last_share_ms = samples.NOW_MS
        self.payments: list[MinerPayment] = []
        self.looks = 0
        self._looked_at: set[str] = set()
        self._payouts = payouts
        self._api = api

    async def open(self) -> None:
        """Answer."""
        await self._payouts.serve(MINER, self._miner, samples.POOL)
        await self.pass_time(0)

    async def pass_time(self, minutes: int) -> None:
        """The figures of the pool stay fresh."""
        self.now_ms += minutes * MINUTE_MS
        snapshot = samples.pool_snapshot(time_ms=self.now_ms)
        await self._payouts.bucket(STATS).store(pool_key(samples.POOL), snapshot)

    async def tell(self, *subscriptions: Subscription, address: str = ADDRESS) -> None:
        """These are the address's subscriptions."""
        who = Subscriber(pool=samples.POOL, address=address, subscriptions=list(subscriptions))
        await self._api.bucket(SUBSCRIPTIONS).store(subscriber_key(samples.POOL, address), who)

    async def tell_now(self, *subscriptions: Subscription) -> None:
        """The same to a replica at work, until it knows: what is written next it hears later."""
        await self.tell(*subscriptions)
        after = f"after-{len(self._looked_at)}"
        await self.tell(subscription("after", "webhook", "http://127.0.0.1:1/"), address=after)
        await wait_until(lambda: after in self._looked_at, what="a look at an address told later")

    async def pay(self, name: str) -> None:
        """A payment is sent."""
        payment = MinerPayment(
            payment_id=name, txid_display="cd" * 32, amount_sats=150_000_000, state="broadcast", time_ms=1
        )
        self.payments.insert(0, payment)

    async def some_looks(self) -> None:
        """Until the address was looked at so often that its silence is believed, and once more."""
        enough = self.looks + 6
        await wait_until(lambda: self.looks >= enough, what="looks at the address")

    async def _miner(self, request: MinerRequest) -> MinerReply:
        self.looks += request.address == ADDRESS
        self._looked_at.add(request.address)
        worker = MinerWorker(
            worker=f"{ADDRESS}.rig", hashrate=1.0, shares=1.0, valid=1, invalid={}, ip="",
            best_share_difficulty=1.0, last_share_ms=self.last_share_ms,
        )  # fmt: skip
        payments = self.payments if request.address == ADDRESS else []
        return MinerReply(address=request.address, known=True, workers=[worker], payments=payments)


@pytest.fixture
async def pool(connect_bus: Connect) -> Pool:
    """One that is looked at."""
    made = Pool(await connect_bus(PAYOUTS), await connect_bus(API))
    await made.open()
    return made


@asynccontextmanager
async def telling(bus: Bus, pool: Pool, of: PortalConfig, name: str = "one") -> AsyncIterator[None]:
    """A replica that tells."""
    stop = asyncio.Event()
    teller = Teller(bus, of, Outlets(of.miner_notices), lambda: pool.now_ms, name, look_seconds=0.05)
    running = asyncio.create_task(teller.run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait([running])


def text_of(mail: EmailMessage) -> str:
    """What its reader sees."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


async def test_silence_return_and_payment_are_told_once_each_over_a_restart(
    connect_bus: Connect, pool: Pool
) -> None:
    bus = await connect_bus(NOTIFIER)
    async with http_sink() as sink:
        await pool.tell(subscription("a", "webhook", sink.url))
        async with telling(bus, pool, config()):
            await pool.some_looks()
            await pool.pass_time(20)
            await wait_until(lambda: len(sink.bodies) == 1, what="the silence is told")
        async with telling(bus, pool, config(), "two"):
            await pool.some_looks()
            pool.last_share_ms = pool.now_ms
            await pool.pay("p1")
            await wait_until(lambda: len(sink.bodies) == 3, what="the return and the payment are told")
            await pool.some_looks()

    texts = sorted(body["text"] for body in sink.bodies)
    assert texts == [
        "litecoin Lme: no share for 15 minutes from rig",
        "litecoin Lme: paid 1.50000000 LTC in transaction " + "cd" * 32,
        "litecoin Lme: shares again from rig",
    ]
    assert sink.bodies[0]["unsubscribe"] == "https://pool.example/api/v1/unsubscribe?token=end-a"
    assert len({body["id"] for body in sink.bodies}) == 3


async def test_what_a_replica_wrote_down_and_did_not_send_is_sent_by_the_next(
    connect_bus: Connect, pool: Pool
) -> None:
    bus = await connect_bus(NOTIFIER)
    left = Note(note_id="written-down", event="paid", text="litecoin Lme: paid", time_ms=pool.now_ms)
    told = Told(of={"a": ToldOf(looked=True, waiting=(left,))})
    await bus.bucket(TOLD).put(KEY, msgspec.json.encode(told))
    async with http_sink() as sink:
        await pool.tell(subscription("a", "webhook", sink.url))
        async with telling(bus, pool, config()):
            await wait_until(lambda: len(sink.bodies) == 1, what="the note that was left")
            await pool.some_looks()

    assert [body["id"] for body in sink.bodies] == ["written-down"]


async def test_two_replicas_tell_once_and_the_other_goes_on(connect_bus: Connect, pool: Pool) -> None:
    first, second = await connect_bus(NOTIFIER), await connect_bus(NOTIFIER)
    async with http_sink() as sink:
        await pool.tell(subscription("a", "webhook", sink.url))
        async with telling(second, pool, config(), "two"):
            async with telling(first, pool, config()):
                await pool.some_looks()
                await pool.pay("p1")
                await wait_until(lambda: len(sink.bodies) == 1, what="one replica tells")
                await pool.some_looks()
            await pool.pay("p2")
            await wait_until(lambda: len(sink.bodies) == 2, what="the one that is left tells")

    assert sink.requests == 2


async def test_a_receiver_that_is_down_gets_its_note_later_and_holds_nobody_up(
    connect_bus: Connect, pool: Pool
) -> None:
    bus = await connect_bus(NOTIFIER)
    async with http_sink(503) as down, http_sink() as up:
        places = [subscription("a", "webhook", down.url), subscription("b", "webhook", up.url)]
        await pool.tell(*places)
        async with telling(bus, pool, config()):
            await pool.some_looks()
            await pool.pay("p1")
            await wait_until(lambda: len(up.bodies) == 1, what="the other one is told")
            await pool.some_looks()
            assert (down.requests, down.bodies) == (1, [])
            pool.last_share_ms += 2 * MINUTE_MS
            await pool.pass_time(2)
            await wait_until(lambda: len(down.bodies) == 1, what="the second try")

    assert (down.requests, up.requests) == (2, 1)


async def test_a_mail_box_is_asked_first_and_told_when_it_has_said_yes(
    connect_bus: Connect, pool: Pool
) -> None:
    bus = await connect_bus(NOTIFIER)
    async with smtp_sink() as sink:
        mail = subscription("a", "mail", "me@example.org", confirm_token="yes-a")
        await pool.tell(mail)
        async with telling(bus, pool, config(sink.port)):
            await wait_until(lambda: len(sink.mails) == 1, what="the question")
            # asked again within a day, by whomever: not mailed again
            await pool.tell_now(changed(mail, made_ms=mail.made_ms + 1))
            await pool.some_looks()
            await pool.tell_now(changed(mail, confirmed_ms=pool.now_ms))
            await pool.some_looks()
            await pool.pay("p1")
            await wait_until(lambda: len(sink.mails) == 2, what="the note")

    question, told = map(text_of, sink.mails)
    assert "me@example.org" in sink.mails[0]["To"]
    assert "/api/v1/confirm?token=yes-a" in question
    assert "/api/v1/unsubscribe?token=end-a" in told
    assert "paid 1.50000000 LTC" in told


async def test_receivers_that_never_answer_do_not_hold_up_an_honest_one(
    connect_bus: Connect, pool: Pool
) -> None:
    bus, held = await connect_bus(NOTIFIER), set[asyncio.StreamWriter]()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.add(writer)
        await reader.read()
        writer.close()
        held.discard(writer)

    left = Note(note_id="left", event="paid", text="paid", time_ms=pool.now_ms)
    told = msgspec.json.encode(Told(of={"a": ToldOf(looked=True, waiting=(left,))}))
    async with await asyncio.start_server(hold, "127.0.0.1", 0) as tarpit, http_sink() as sink:
        slow = f"http://127.0.0.1:{tarpit.sockets[0].getsockname()[1]}/"
        places = {**{f"L{number}": slow for number in range(16)}, ADDRESS: sink.url}
        for address, url in places.items():
            await bus.bucket(TOLD).put(subscriber_key(samples.POOL, address), told)
            await pool.tell(subscription("a", "webhook", url), address=address)
        async with telling(bus, pool, config()):
            await wait_until(lambda: (len(held), len(sink.bodies)) == (16, 1), what="all are told at once")
        await wait_until(lambda: not held, what="the replica lets go")


async def test_who_has_ended_is_told_nothing(connect_bus: Connect, pool: Pool) -> None:
    bus = await connect_bus(NOTIFIER)
    async with http_sink() as sink, telling(bus, pool, config()):
        await pool.tell(subscription("a", "webhook", sink.url))
        await pool.some_looks()
        await pool.tell_now()
        await pool.pay("p1")
        await pool.some_looks()

    assert sink.requests == 0
