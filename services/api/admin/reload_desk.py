"""Orders every process to take over the configuration's files, and shows what came of it (ADR 31)."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from nompcore.bucket_watch import Present
from nompcore.bus import Bus
from nompcore.config import PortalConfig
from nompcore.config.changes import Path, changed_paths, concerned
from nompcore.control import ReloadAnswer, ReloadOrder
from nompcore.errors import BusError, BusUnavailable
from nompcore.subjects import RELOAD, RELOAD_ANSWERS, RELOAD_KEY
from nompcore.wire import decode
from services.api.admin.config_files import ConfigFiles
from services.api.admin.order import Order, OrderRefused

TIMEOUT_SECONDS = 5.0

MOST_SHOWN = 50
"""Keys that differ."""


@dataclass(frozen=True, slots=True)
class ReloadState:
    """The last order, the answers to it, and what differs from what this replica runs with."""

    order: ReloadOrder | None
    answers: list[ReloadAnswer]
    differs: list[tuple[str, str]]  # key, and the services that it concerns
    problem: str = ""


async def order_reload(bus: Bus, files: ConfigFiles, author: str, now_ms: int) -> ReloadOrder:
    """Ask every process, unless the files that are seen here are wrong. Raises OrderRefused and BusError."""
    await require_sound(files)
    order = ReloadOrder(order_id=secrets.token_hex(8), author=author, time_ms=now_ms)
    await bus.bucket(RELOAD).store(RELOAD_KEY, order)
    return order


async def require_sound(files: ConfigFiles) -> None:
    """Raises OrderRefused where services would not start with the files."""
    if problems := await asyncio.to_thread(files.problems):
        raise OrderRefused("nothing was asked of any process, the files are wrong:\n" + "\n".join(problems))


class ReloadDesk:
    """Of all services."""

    def __init__(
        self, bus: Bus, running: PortalConfig, files: ConfigFiles, now_ms: Callable[[], int]
    ) -> None:
        self._bus = bus
        self._running = running
        self._files = files
        self._now_ms = now_ms

    async def reload(self, order: Order) -> str:
        """Give the order, unless the files that this replica sees are wrong; what was done, in words."""
        await order_reload(self._bus, self._files, order.who, self._now_ms())
        return "every process has been asked; the page of the configuration shows their answers"

    async def state(self) -> ReloadState:
        """For the page."""
        differs = [_shown(path) for path in await asyncio.to_thread(self._differs)]
        try:
            order = await self._bus.bucket(RELOAD).load(RELOAD_KEY, ReloadOrder)
            answers = await self._answers() if order else []
        except BusError as error:
            return ReloadState(None, [], differs, str(error))
        current = [answer for answer in answers if order and answer.order_id == order.order_id]
        return ReloadState(order, current, differs)

    def _differs(self) -> list[Path]:
        new = self._files.read()
        return changed_paths(self._running, new)[:MOST_SHOWN] if new else []

    async def _answers(self) -> list[ReloadAnswer]:
        """By service and replica. Raises BusError."""
        changes = self._bus.bucket(RELOAD_ANSWERS).watch()
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                present = await anext(changes)
        except TimeoutError:
            raise BusUnavailable("NATS does not answer") from None
        finally:
            if isinstance(changes, AsyncGenerator):  # its consumer has told what it was asked for
                await changes.aclose()
        values = present.entries.values() if isinstance(present, Present) else ()
        answers = [decode(ReloadAnswer, value) for value in values]
        return sorted(answers, key=lambda answer: (answer.service, answer.replica))


def _shown(path: Path) -> tuple[str, str]:
    return ".".join(path), ", ".join(sorted(concerned(path)))
