"""A process's part in a reload of the configuration: see ADR 31.

An order lies in the bucket `reload`. Each process reads its own files again, and answers in `reload-answers`.
What it cannot take over as it runs it takes over by a restart in its place, when the lease of its service in
`restarts` says that it is its turn. Files that are wrong change nothing.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from nompcore import metrics
from nompcore.bucket_watch import Change, Present
from nompcore.bus import Bus
from nompcore.config import ConfigInvalid, PortalConfig, load_config
from nompcore.config.changes import BY_HAND, WITHOUT_RESTART, Path, changes_for
from nompcore.control import (
    RELOAD_APPLIED,
    RELOAD_BY_HAND,
    RELOAD_CURRENT,
    RELOAD_RESTARTS,
    RELOAD_WAITS,
    RELOAD_WRONG,
    ReloadAnswer,
    ReloadOrder,
)
from nompcore.ending import end_tasks
from nompcore.errors import BusError
from nompcore.lease import Lease
from nompcore.settings import Settings
from nompcore.subjects import RELOAD, RELOAD_ANSWERS, RELOAD_KEY, RESTARTS, reload_answer_key
from nompcore.wire import decode

log = logging.getLogger(__name__)

MAX_NAMED = 50
"""Keys and problems that an answer names at most."""


class Reloading:
    """One process's. `restart` says, when `stop` is set, that it is to begin anew."""

    def __init__(
        self, bus: Bus, service: str, settings: Settings, config: PortalConfig, stop: asyncio.Event
    ) -> None:
        self.restart = False
        self._bus = bus
        self._service = service
        self._settings = settings
        self._config = config
        self._stop = stop
        self._turn: Lease | None = None

    async def run(self) -> None:
        """Obey every order, until one asks for a restart. The last one is obeyed at the start as well."""
        obeyed = ""
        async for change in self._bus.bucket(RELOAD).watch():
            order = _order_in(change)
            if order is None or order.order_id == obeyed:
                continue
            obeyed = order.order_id
            await self._obey(order)
            if self.restart:
                return

    async def pass_turn_on(self, serving: asyncio.Event) -> None:
        """Once this process serves, the next one may restart, if it was this one's turn."""
        await serving.wait()
        bucket = self._bus.bucket(RESTARTS)
        try:
            entry = await bucket.get(self._service)
            if entry and entry.value.startswith(f"{self._settings.replica} ".encode()):
                await bucket.delete(self._service, entry.revision)
        except BusError as error:  # it ends by itself
            log.info("cannot pass on the turn to restart", extra={"reason": str(error)})

    @asynccontextmanager
    async def keeping_turn(self) -> AsyncIterator[None]:
        """While this process ends no other one of its service begins to, nor shortly after it."""
        renewing = asyncio.create_task(self._renew_turn())
        try:
            yield
        finally:
            await end_tasks([renewing])

    # ---- an order ----

    async def _obey(self, order: ReloadOrder) -> None:
        if (changed := await self._changes(order)) is None:
            return
        if not changed:
            await self._answer(order, RELOAD_CURRENT)
        elif all(path[0] in WITHOUT_RESTART for path in changed):
            self._take_over()
            await self._answer(order, RELOAD_APPLIED, changed)
        elif any(path[0] in BY_HAND for path in changed):
            await self._answer(order, RELOAD_BY_HAND, changed)
        else:
            await self._restart(order, changed)

    async def _restart(self, order: ReloadOrder, changed: Sequence[Path]) -> None:
        await self._answer(order, RELOAD_WAITS, changed)
        self._turn = await Lease.wait(self._bus, RESTARTS, self._service, self._settings.replica)
        # Since then the files may have become wrong, which must not end a process that serves.
        if not await self._changes(order):
            await self._turn.release()
            return
        await self._answer(order, RELOAD_RESTARTS, changed)
        log.info("restarting for its configuration", extra={"changed": _named(changed)})
        metrics.READY.set(0)
        self.restart = True
        self._stop.set()

    async def _changes(self, order: ReloadOrder) -> list[Path] | None:
        """What differs for this service in the files of now; None, with an answer, if they are wrong."""
        try:
            self._read = await asyncio.to_thread(
                load_config, self._settings.config_dir, self._settings.coins_dir, os.environ
            )
        except ConfigInvalid as error:
            await self._answer(order, RELOAD_WRONG, problems=[str(problem) for problem in error.problems])
            return None
        return changes_for(self._service, self._config, self._read)

    def _take_over(self) -> None:
        self._config = self._read
        if not self._settings.log_level:  # which comes before that of the file
            logging.getLogger().setLevel(self._read.log_level.upper())

    async def _answer(
        self, order: ReloadOrder, state: str, changed: Sequence[Path] = (), problems: Sequence[str] = ()
    ) -> None:
        metrics.RELOADS.labels(state).inc()
        answer = ReloadAnswer(
            order_id=order.order_id,
            service=self._service,
            replica=self._settings.replica,
            state=state,
            changed=_named(changed),
            problems=list(problems)[:MAX_NAMED],
            time_ms=time.time_ns() // 1_000_000,
        )
        key = reload_answer_key(self._service, self._settings.replica)
        try:
            await self._bus.bucket(RELOAD_ANSWERS).store(key, answer)
        except BusError as error:  # counted all the same; who ordered sees that no answer is there
            log.warning("cannot answer about a reload", extra={"state": state, "reason": str(error)})

    async def _renew_turn(self) -> None:
        while self._turn is not None:
            await asyncio.sleep(RESTARTS.ttl_seconds / 3)
            try:
                self._turn = await self._turn.regain()
            except BusError as error:
                log.warning("cannot keep the turn to restart", extra={"reason": str(error)})


def _order_in(change: Present | Change) -> ReloadOrder | None:
    value = change.entries.get(RELOAD_KEY) if isinstance(change, Present) else change.value
    try:
        return decode(ReloadOrder, value) if value else None
    except BusError as error:
        metrics.BUS_UNDECODABLE.labels(RELOAD.name).inc()
        log.warning("not an order to reload", extra={"reason": str(error)})
        return None


def _named(changed: Sequence[Path]) -> list[str]:
    return [".".join(path) for path in changed[:MAX_NAMED]]
