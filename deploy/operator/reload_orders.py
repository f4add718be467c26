"""A reload of the configuration: the files first, then the order, then what comes of it at each process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import cast

import msgspec
from nats.aio.client import Client

from deploy.operator.answer import Answer, Refused
from deploy.operator.reload_roll import ReloadRoll, answer_lines
from deploy.operator.replicas import Replica, answering
from nompcore.bucket_watch import Change, Present
from nompcore.bus import Bus
from nompcore.control import ReloadAnswer
from nompcore.subjects import RELOAD_ANSWERS
from nompcore.wire import decode
from services.api.admin.config_files import ConfigFiles
from services.api.admin.order import OrderRefused
from services.api.admin.reload_desk import order_reload, require_sound

NOBODY = "nothing was asked: no process of the pool answers"


class ReloadOrders:
    """Of the portal. `tell` says what happens while it happens."""

    def __init__(self, bus: Bus, client: Client, files: ConfigFiles, tell: Callable[[str], None]) -> None:
        self._bus = bus
        self._client = client
        self._files = files
        self._tell = tell

    async def dry_run(self) -> Answer:
        """Whether the files are in order, and who would be asked."""
        try:
            await require_sound(self._files)
        except OrderRefused as error:
            raise Refused(str(error)) from error
        replicas = await self._processes()
        lines = [f"{one.service:<8}  {one.name}" for one in replicas]
        data = {"replicas": [{"service": one.service, "replica": one.name} for one in replicas]}
        return Answer("\n".join(["the files are in order; would be asked:", *lines]), data)

    async def reload(self, author: str, now_ms: int, silence_seconds: float) -> Answer:
        """Give the order and follow it, until all is said or nothing new comes for so long."""
        replicas = await self._processes()
        try:
            order = await order_reload(self._bus, self._files, author, now_ms)
        except OrderRefused as error:
            raise Refused(str(error)) from error
        self._tell(f"the files are in order; {len(replicas)} processes have been asked")
        roll = ReloadRoll((one.service, one.name) for one in replicas)
        await self._follow(roll, order.order_id, silence_seconds)
        return _answer(roll, order.order_id)

    async def _processes(self) -> list[Replica]:
        replicas = await answering(self._client)
        if not replicas:
            raise Refused(NOBODY)
        return replicas

    async def _follow(self, roll: ReloadRoll, order_id: str, silence_seconds: float) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(silence_seconds) as patience, aclosing(self._answers()) as answers:
                async for answer in answers:
                    if answer.order_id == order_id and roll.take(answer):
                        patience.reschedule(loop.time() + silence_seconds)
                        for line in answer_lines(answer):
                            self._tell(line)
                    if roll.is_over:
                        return
        except TimeoutError:
            return  # the roll tells who is missing

    async def _answers(self) -> AsyncGenerator[ReloadAnswer, None]:
        """As they come, those of older orders too. Raises BusError for what is no answer."""
        async with aclosing(_generator(self._bus.bucket(RELOAD_ANSWERS).watch())) as changes:
            async for change in changes:
                values = change.entries.values() if isinstance(change, Present) else [change.value]
                for value in values:
                    if value is not None:
                        yield decode(ReloadAnswer, value)


def _generator(changes: AsyncIterator[Present | Change]) -> AsyncGenerator[Present | Change, None]:
    """What a watch is: left half-way, it has to be closed."""
    return cast("AsyncGenerator[Present | Change, None]", changes)


def _answer(roll: ReloadRoll, order_id: str) -> Answer:
    troubles = roll.troubles()
    data = {
        "order_id": order_id,
        "answers": msgspec.to_builtins(roll.answers),
        "silent": [{"service": service, "replica": replica} for service, replica in roll.silent],
        "problems": troubles,
    }
    lines = [roll.summary(), *(f"WRONG: {text}" for text in troubles)]
    return Answer("\n".join(lines), data, ok=not troubles)
