"""The notifier's doors for daemons and scripts, as the configuration wants them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from nompcore.config import PortalConfig
from services.notifier.blocknotify import BlockNotify, TipPublisher
from services.notifier.command import read_command
from services.notifier.door_metrics import COMMANDS_REFUSED, ORDERS_REFUSED
from services.notifier.line_listener import LineListener
from services.notifier.metrics import NOTICES_REFUSED
from services.notifier.notice import Notice, pools_by_name
from services.notifier.refusal import Refusal
from services.notifier.senders import Senders
from services.notifier.switch_desk import CoinSwitch, SwitchDesk


class CommandLine:
    """Reads lines of `cliPort`."""

    def __init__(
        self, pools: Mapping[str, tuple[str, ...]], publisher: TipPublisher, desk: SwitchDesk
    ) -> None:
        self._pools = pools
        self._publisher = publisher
        self._desk = desk

    async def serve(self, line: bytes) -> str | Refusal:
        """Carry out what the line asks for."""
        asked = read_command(line, self._pools)
        if isinstance(asked, Notice):
            return await self._publisher.publish(asked)
        return asked if isinstance(asked, Refusal | str) else await self._desk.answer(asked)


def doors_of(
    config: PortalConfig, publisher: TipPublisher, desk: SwitchDesk
) -> list[tuple[int, LineListener]]:
    """Each door with its port."""
    pools, doors = pools_by_name(config.pools.values()), []
    if notify := config.block_notify:
        block = BlockNotify(notify.password, pools, publisher)
        senders = Senders(notify.networks)
        doors.append((notify.port, LineListener("blocknotify", block.serve, NOTICES_REFUSED, senders)))
    if order := config.coin_switch:
        coin = CoinSwitch(order.password, desk)
        senders = Senders(order.networks)
        doors.append((order.port, LineListener("coinswitch", coin.serve, ORDERS_REFUSED, senders)))
    if config.cli_port is not None:
        command = CommandLine(pools, publisher, desk)
        doors.append((config.cli_port, LineListener("cli", command.serve, COMMANDS_REFUSED, Senders())))
    return doors


async def keep_open(port: int, door: LineListener, stop: asyncio.Event) -> None:
    """Listen until `stop`."""
    async with await door.listen(port):
        await stop.wait()
