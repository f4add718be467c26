"""`python -m services.notifier`: blocks and orders in by its doors, news out."""

from __future__ import annotations

import time

import httpx
from pydantic import SecretStr

from nompcore.config.profit import ProfitSwitchSection
from nompcore.service import Service, run
from nompcore.subjects import NOTIFIER, SWITCH_ORDER
from services.notifier.alerting.channels import alert_channels
from services.notifier.blocknotify import TipPublisher
from services.notifier.delivery import Channel, Delivery, LogChannel
from services.notifier.doors import doors_of, keep_open
from services.notifier.profit.price_sources import price_sources
from services.notifier.profit.profit_desk import ProfitDesk
from services.notifier.subscribers.outlets import Outlets
from services.notifier.subscribers.teller import Teller
from services.notifier.switch_desk import SwitchDesk
from services.notifier.switch_rules import SwitchTable
from services.notifier.switch_states import SwitchStates
from services.notifier.watch.watching import Watching
from services.notifier.webhooks import TIMEOUT_SECONDS, Webhook


def unix_ms() -> int:
    """The clock."""
    return time.time_ns() // 1_000_000


async def start(service: Service) -> None:
    """Listen and deliver until the service stops."""
    await open_doors(service)
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as client:
        urls = webhook_urls(service)
        channels: list[Channel] = [LogChannel(), *(Webhook(client, url, service.stop) for url in urls)]
        alerts = alert_channels(service.config.alerts, service.bus, service.config.pools, unix_ms)
        watching = Watching(service.bus, service.config.pools, unix_ms)
        service.tasks.create_task(watching.run(service.stop), name="watch")
        tell_miners(service)
        service.ready()
        await Delivery(service.bus, service.config.pools, unix_ms).run(channels, service.stop, alerts)


def tell_miners(service: Service) -> None:
    """Tell miners what they asked for, where the operator wants them told."""
    notices = service.config.miner_notices
    if notices.enabled:
        teller = Teller(service.bus, service.config, Outlets(notices), unix_ms, service.settings.replica)
        service.tasks.create_task(teller.run(service.stop), name="miners' notes")


def webhook_urls(service: Service) -> list[SecretStr]:
    """Those of `config.json` and the one of the environment, each once."""
    urls = [url.get_secret_value() for url in service.config.webhooks]
    return [SecretStr(url) for url in dict.fromkeys([*urls, service.settings.webhook_url]) if url]


async def open_doors(service: Service) -> None:
    """Take notices of blocks and orders to switch until the service stops."""
    table = SwitchTable(service.config.switches, service.config.pools)
    desk = SwitchDesk(table, SwitchStates(service.bus), unix_ms)
    if profit := service.config.profit_switch:
        service.tasks.create_task(follow_profit(service, table, profit), name="profit switching")
    await service.bus.serve(SWITCH_ORDER, desk.take, pool="")
    for port, door in doors_of(service.config, TipPublisher(service.bus), desk):
        service.tasks.create_task(keep_open(port, door, service.stop), name=f"door {port}")


async def follow_profit(service: Service, table: SwitchTable, profit: ProfitSwitchSection) -> None:
    """Choose the most profitable pool of each switch until the service stops."""
    async with httpx.AsyncClient() as client:  # each source has its own limit of time
        sources = price_sources(profit.price_sources, client, unix_ms)
        await ProfitDesk(service.bus, table, profit, sources, unix_ms).run(service.stop)


if __name__ == "__main__":
    run(NOTIFIER, start)
