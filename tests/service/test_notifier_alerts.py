"""Alerts on real NATS, by Apprise, to real receivers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from nompcore.bus import Bus
from nompcore.config.alert_events import EVENTS
from nompcore.config.alerts import AlertChannelConfig, QuietHoursConfig, Severity
from nompcore.messages import Message
from nompcore.settings import SettingsInvalid
from nompcore.subject_kinds import Subject
from nompcore.subjects import (
    ALERTED,
    AUDIT_FAILED,
    BLOCK_CONFIRMED,
    DELIVERED,
    NOTIFIER,
    PAYMENT_FAILED,
    PAYMENT_SENT,
    PAYOUTS,
)
from services.notifier.alerting.alert import alert_id
from services.notifier.alerting.channels import alert_channels
from services.notifier.alerting.outbox import OLD_MS
from services.notifier.delivery import Delivery
from services.notifier.metrics import BEFORE_CHANNEL, DELIVERY_FAILURES, REPETITIONS
from tests.counted import counted, counted_over_all
from tests.servers import free_port, wait_until
from tests.servers.smtp_sink import smtp_sink
from tests.service.http_sink import HttpSink, http_sink
from tests.unit import notifier_samples as events
from tests.unit.api_samples import NOW_MS, POOL, pool_config

POOLS = {POOL: pool_config()}
HOUR_MS = 3600_000


class Hand:
    """A clock that is moved by hand."""

    def __init__(self, now_ms: int = NOW_MS) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms


def channel(
    name: str,
    url: str,
    *,
    severity: Severity = "info",
    quiet_hours: QuietHoursConfig | None = None,
    rate: tuple[int, float] | None = None,
) -> AlertChannelConfig:
    messages, seconds = rate or (None, 0.0)
    return AlertChannelConfig(
        name=name,
        url=SecretStr(url),
        events=frozenset(EVENTS),
        severity=severity,
        quiet_hours=quiet_hours,
        rate_messages=messages,
        rate_seconds=seconds,
    )


def to(sink: HttpSink) -> str:
    """The sink as Apprise names it."""
    return sink.url.replace("http://", "json://")


@asynccontextmanager
async def telling(bus: Bus, *channels: AlertChannelConfig, now_ms: Callable[[], int]) -> AsyncIterator[None]:
    """The channels at work."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        alerts = alert_channels(channels, bus, POOLS, now_ms)
        running = group.create_task(Delivery(bus, POOLS, now_ms).run([], stop, alerts))
        yield
        stop.set()
        await running


Connect = Callable[..., "asyncio.Future[Bus]"]


async def publish(bus: Bus, *told: tuple[Subject[Message], Message]) -> None:
    for subject, message in told:
        await bus.publish(subject, message, pool=POOL)


CONFIRMED: tuple[Subject[Message], Message] = (BLOCK_CONFIRMED, events.block_confirmed())  # type: ignore[assignment]
SENT: tuple[Subject[Message], Message] = (PAYMENT_SENT, events.payment_sent())  # type: ignore[assignment]
FAILED: tuple[Subject[Message], Message] = (PAYMENT_FAILED, events.payment_failed())  # type: ignore[assignment]
AUDIT: tuple[Subject[Message], Message] = (AUDIT_FAILED, events.audit_failed())  # type: ignore[assignment]


async def test_mail_and_http_are_told_with_ids_and_one_that_is_down_holds_up_nobody(
    connect_bus: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    failures = counted_over_all(DELIVERY_FAILURES)
    notifier, payouts = await connect_bus(NOTIFIER), await connect_bus(PAYOUTS)
    async with smtp_sink() as mail, http_sink() as web, http_sink(always=401) as refusing:
        channels = [
            channel("mail", f"mailto://127.0.0.1:{mail.port}?from=pool@localhost&to=ops@localhost"),
            channel("web", to(web), severity="warning"),
            channel("down", f"json://127.0.0.1:{free_port()}/T0KEN"),
            channel("refusing", to(refusing)),
        ]
        async with telling(notifier, *channels, now_ms=lambda: NOW_MS):
            await publish(payouts, CONFIRMED, SENT, FAILED, AUDIT)
            await wait_until(lambda: len(mail.mails) == 4 and len(web.bodies) == 2, what="all alerts")
            await wait_until(lambda: counted_over_all(DELIVERY_FAILURES) >= failures + 2, what="failures")

    ids = {alert_id(message) for _, message in (CONFIRMED, SENT, FAILED, AUDIT)}
    assert {str(mail["X-Nomp-Alert"]) for mail in mail.mails} == ids
    assert {body["id"] for body in web.bodies} == {alert_id(FAILED[1]), alert_id(AUDIT[1])}
    assert {body["title"] for body in web.bodies} == {"litecoin: payment.failed", "litecoin: audit.failed"}
    assert {body["type"] for body in web.bodies} == {"failure"}
    confirmed = next(mail for mail in mail.mails if mail["Subject"] == "litecoin: block.confirmed")
    assert "block 100 confirmed, 12.50000000 LTC credited" in str(confirmed.get_content())
    reasons = {record.__dict__["reason"] for record in caplog.records if record.message == "alert not taken"}
    assert reasons == {"no connection", "refused with 401"}
    for record in caplog.records:
        assert "T0KEN" not in record.getMessage() + str(record.__dict__)


async def test_in_quiet_hours_only_the_critical_is_told_and_the_rest_at_their_end(
    connect_bus: Connect,
) -> None:
    # NOW_MS is 16:00 UTC
    clock = Hand(NOW_MS - 1_000)
    quiet = QuietHoursConfig(start_minute=15 * 60, end_minute=16 * 60, timezone="UTC")
    notifier, payouts = await connect_bus(NOTIFIER), await connect_bus(PAYOUTS)
    async with (
        http_sink() as web,
        telling(notifier, channel("web", to(web), quiet_hours=quiet), now_ms=clock),
    ):
        await publish(payouts, SENT, FAILED)
        await wait_until(lambda: len(web.bodies) == 1, what="the critical one")
        clock.now_ms = NOW_MS
        await wait_until(lambda: len(web.bodies) == 2, what="the other one")

    assert [body["title"] for body in web.bodies] == ["litecoin: payment.failed", "litecoin: payment.sent"]


async def test_what_exceeds_the_rate_comes_as_one_message(connect_bus: Connect) -> None:
    clock = Hand()
    notifier, payouts = await connect_bus(NOTIFIER), await connect_bus(PAYOUTS)
    async with http_sink() as web, telling(notifier, channel("web", to(web), rate=(1, 1.0)), now_ms=clock):
        await publish(payouts, SENT)
        await wait_until(lambda: len(web.bodies) == 1, what="the first one")
        await publish(payouts, CONFIRMED, FAILED, AUDIT)
        await wait_until(
            lambda: counted("nomp_notifier_waiting", channel="alert-web") == 3, what="all are in hand"
        )
        clock.now_ms += 1_000
        await wait_until(lambda: len(ids_of(web)) == 4, what="the digest")

    assert [len(body["id"].split(",")) for body in web.bodies] == [1, 3]
    assert web.bodies[1]["title"] == "3 alerts of litecoin"


def ids_of(sink: HttpSink) -> list[str]:
    """Of all alerts in all messages."""
    return [one for body in sink.bodies for one in body["id"].split(",")]


async def test_what_was_taken_before_a_crash_is_not_sent_once_more(connect_bus: Connect) -> None:
    before = counted_over_all(REPETITIONS)
    notifier, payouts = await connect_bus(NOTIFIER), await connect_bus(PAYOUTS)
    await notifier.bucket(DELIVERED).put(f"web.{alert_id(SENT[1])}", b"1")
    async with http_sink() as web, telling(notifier, channel("web", to(web)), now_ms=lambda: NOW_MS):
        await publish(payouts, SENT, CONFIRMED)
        await wait_until(lambda: counted_over_all(REPETITIONS) == before + 1, what="the repetition")
        await wait_until(lambda: len(web.bodies) == 1, what="the other one")

    assert ids_of(web) == [alert_id(CONFIRMED[1])]


async def test_what_a_channel_missed_for_a_day_is_summed_up(connect_bus: Connect) -> None:
    notifier, payouts = await connect_bus(NOTIFIER), await connect_bus(PAYOUTS)
    await notifier.bucket(ALERTED).put("channel.web", str(NOW_MS - HOUR_MS).encode())
    clock = Hand(NOW_MS + OLD_MS + 1)
    async with http_sink() as web, telling(notifier, channel("web", to(web)), now_ms=clock):
        await publish(payouts, SENT, FAILED, CONFIRMED)

        def has_come_as_time_passes() -> bool:
            clock.now_ms += 100
            return len(ids_of(web)) == 3

        await wait_until(has_come_as_time_passes, what="all in a sum")

    assert all(body["message"].startswith("not delivered in time, from ") for body in web.bodies)


async def test_a_new_channel_is_not_told_of_what_was_long_before_it(connect_bus: Connect) -> None:
    before = counted_over_all(BEFORE_CHANNEL)
    notifier, payouts = await connect_bus(NOTIFIER), await connect_bus(PAYOUTS)
    await publish(payouts, SENT, FAILED)
    async with (
        http_sink() as web,
        telling(notifier, channel("web", to(web)), now_ms=lambda: NOW_MS + OLD_MS + 1),
    ):
        await wait_until(lambda: counted_over_all(BEFORE_CHANNEL) == before + 2, what="both are passed")

    assert web.requests == 0


async def test_a_stop_keeps_what_waits_for_the_next_start(connect_bus: Connect) -> None:
    notifier, payouts = await connect_bus(NOTIFIER), await connect_bus(PAYOUTS)
    async with http_sink(503) as web:
        async with telling(notifier, channel("web", to(web)), now_ms=lambda: NOW_MS):
            await publish(payouts, SENT)
            await wait_until(lambda: web.requests == 1, what="the first attempt")
        async with telling(notifier, channel("web", to(web)), now_ms=lambda: NOW_MS):
            await wait_until(lambda: len(web.bodies) == 1, what="the delivery after the restart")

    assert web.requests == 2


async def test_a_url_that_apprise_does_not_know_is_a_line_with_the_channels_name(
    connect_bus: Connect,
) -> None:
    notifier = await connect_bus(NOTIFIER)
    with pytest.raises(SettingsInvalid) as caught:
        alert_channels([channel("ops", "bogus://T0KEN")], notifier, POOLS, lambda: NOW_MS)

    assert caught.value.problems == ("config.json: alerts: Apprise cannot use the url of ops",)
