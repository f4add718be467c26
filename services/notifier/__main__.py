"""`python -m services.notifier`: blocknotify in, news out."""

from __future__ import annotations

import time

import httpx
from pydantic import SecretStr

from nompcore.bus import Bus
from nompcore.config import BlockNotifyConfig
from nompcore.errors import BusError
from nompcore.messages import Tip
from nompcore.service import Service, run
from nompcore.subjects import NOTIFIER, TIP
from services.notifier.blocknotify import BlockNotifyListener
from services.notifier.delivery import Channel, Delivery, LogChannel
from services.notifier.metrics import TIPS_LOST
from services.notifier.notice import Notice, pools_by_name
from services.notifier.webhooks import TIMEOUT_SECONDS, Webhook

# Daemons may run on other hosts; the password, not the address, says who may speak.
LISTEN_HOST = "0.0.0.0"  # noqa: S104

TIP_SOURCE = "blocknotify"


def unix_ms() -> int:
    """The clock."""
    return time.time_ns() // 1_000_000


async def start(service: Service) -> None:
    """Listen and deliver until the service stops."""
    if service.config.block_notify is not None:
        service.tasks.create_task(listen(service, service.config.block_notify), name="blocknotify")
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as client:
        urls = webhook_urls(service)
        channels: list[Channel] = [LogChannel(), *(Webhook(client, url, service.stop) for url in urls)]
        service.ready()
        await Delivery(service.bus, service.config.pools, unix_ms).run(channels, service.stop)


def webhook_urls(service: Service) -> list[SecretStr]:
    """Those of `config.json` and the one of the environment, each once."""
    urls = [url.get_secret_value() for url in service.config.webhooks]
    return [SecretStr(url) for url in dict.fromkeys([*urls, service.settings.webhook_url]) if url]


async def listen(service: Service, config: BlockNotifyConfig) -> None:
    """Take notices until the service stops."""
    publish = TipPublisher(service.bus).publish
    pools = pools_by_name(service.config.pools.values())
    server = await BlockNotifyListener(config.password, pools, publish).listen(LISTEN_HOST, config.port)
    async with server:
        await service.stop.wait()


class TipPublisher:
    """Notices become tips. One that NATS does not take is counted: the jobmaker polls its daemon anyway."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def publish(self, notice: Notice) -> None:
        """Tell every pool that is meant."""
        for pool in notice.pools:
            tip = Tip(pool=pool, block_hash_display=notice.block_hash_display, source=TIP_SOURCE)
            try:
                await self._bus.send(TIP, tip, pool=pool)
            except BusError:
                TIPS_LOST.inc()


if __name__ == "__main__":
    run(NOTIFIER, start)
