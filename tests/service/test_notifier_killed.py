"""A notifier that is killed again and again in the middle of its work: what its channels are told.

Real NATS, real notifier processes, a real SMTP and a real HTTP server.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from random import Random

from deploy.setup.nats_users import nats_users_conf
from nompcore.bus import Bus
from nompcore.messages import BlockConfirmed, PaymentSent
from nompcore.subjects import BLOCK_CONFIRMED, PAYMENT_SENT, PAYOUTS, SERVICES
from tests.servers import NatsServer, wait_until
from tests.servers.smtp_sink import SmtpSink, smtp_sink
from tests.service.edge_process import EdgeProcess
from tests.service.http_sink import HttpSink, http_sink
from tests.unit.api_samples import BLOCK_HASH, POOL, TXID
from tests.unit.config_dir import PORTAL_FILE, ConfigDir

EVENTS = 100
KILLS = 3


async def publish_events(bus: Bus) -> None:
    """So many, of two kinds, each with a number of its own in what people read."""
    now_ms = time.time_ns() // 1_000_000
    for number in range(EVENTS // 2):
        block = BlockConfirmed(
            pool=POOL,
            height=1_000_000 + number,
            block_hash_display=BLOCK_HASH,
            reward_sats=1,
            worker="w",
            time_ms=now_ms,
        )
        payment = PaymentSent(
            pool=POOL,
            payment_id=f"p-{number}",
            txid_display=TXID,
            total_sats=1,
            fee_sats=2,
            payees=2_000_000 + number,
            time_ms=now_ms,
        )
        await bus.publish(BLOCK_CONFIRMED, block, pool=POOL)
        await bus.publish(PAYMENT_SENT, payment, pool=POOL)


def number_of(text: str) -> int:
    """The number in an alert's words that tells it from the others."""
    (number,) = (int(word) for word in text.split() if word.isdecimal() and len(word) == 7)
    return number


def http_numbers(sink: HttpSink) -> Counter[int]:
    """How often each event was posted."""
    return Counter(number_of(str(body["message"])) for body in sink.bodies)


def mail_numbers(sink: SmtpSink) -> Counter[int]:
    """How often each event was mailed."""
    return Counter(number_of(str(mail.get_content())) for mail in sink.mails)


@asynccontextmanager
async def killed_notifier(
    nats_url: str, directory: Path, mail: SmtpSink, http: HttpSink
) -> AsyncIterator[EdgeProcess]:
    """Its process, with a channel for mail and one for HTTP; it ends at the end, if it lives."""
    config = ConfigDir()
    config.drop(PORTAL_FILE, "blockNotifyListener")
    config.put(
        PORTAL_FILE,
        "alerts",
        value=[
            {"name": "mail", "url": f"mailto://127.0.0.1:{mail.port}?from=pool@localhost&to=ops@localhost"},
            {"name": "web", "url": http.url.replace("http://", "json://"), "events": ["block.*", "pay*"]},
        ],
    )
    process = EdgeProcess("notifier", directory, config, nats_url, METRICS_PORT="0")
    try:
        yield process
    finally:
        await process.stop()


async def test_of_100_events_every_one_arrives_though_the_notifier_is_killed(tmp_path: Path) -> None:
    random = Random(20261126)
    passwords = {service: f"secret-of-{service}" for service in SERVICES}
    nats = NatsServer(tmp_path / "nats", nats_users_conf(passwords, "operator-password"))
    struck_at = random.randrange(1, EVENTS // 2)

    def strike(mail: EmailMessage) -> None:
        """The worst moment: the mail is taken, and nobody is told so."""
        if len(mails.mails) == struck_at:
            process.strike()

    async with AsyncExitStack() as stack:
        await nats.start()
        stack.push_async_callback(nats.stop)
        mails = await stack.enter_async_context(smtp_sink(strike))
        http = await stack.enter_async_context(http_sink())
        url = nats.url_for("notifier", passwords["notifier"])
        process = await stack.enter_async_context(killed_notifier(url, tmp_path, mails, http))
        await process.start()
        payouts = await Bus.connect(
            nats.url_for("payouts", passwords["payouts"]), service=PAYOUTS, replica="p"
        )
        stack.push_async_callback(payouts.drain)
        await payouts.ensure()
        await publish_events(payouts)
        for due in (struck_at, *sorted(random.sample(range(struck_at, EVENTS), KILLS - 1))):
            await wait_until(lambda: len(mails.mails) >= due, what="alerts")  # noqa: B023
            await process.kill()
            await process.start()
        await wait_until(lambda: len(mail_numbers(mails)) == len(http_numbers(http)) == EVENTS, seconds=60)

    assert 1 <= mail_numbers(mails).total() - EVENTS <= KILLS
    assert http_numbers(http).total() - EVENTS <= KILLS
    assert len({body["id"] for body in http.bodies}) == EVENTS
    assert len({mail["X-Nomp-Alert"] for mail in mails.mails}) == EVENTS
    for unwanted in ("T0KEN", "ops@localhost", "ermissions"):
        assert unwanted not in process.output
