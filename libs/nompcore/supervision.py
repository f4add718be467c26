"""A task group that names the task that dies, and that can be asked to finish within a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Generator
from contextvars import Context
from typing import Any, TypeVar

from nompcore.ending import end_tasks

log = logging.getLogger(__name__)

T = TypeVar("T")


class SupervisedTasks(asyncio.TaskGroup):
    """Like every TaskGroup it ends all tasks when one fails; here the log says which one did."""

    def __init__(self) -> None:
        super().__init__()
        self._alive: set[asyncio.Task[Any]] = set()

    def create_task(
        self,
        coro: Generator[Any, None, T] | Coroutine[Any, Any, T],
        *,
        name: str | None = None,
        context: Context | None = None,
    ) -> asyncio.Task[T]:
        """Starts a task; without a name it bears that of its function."""
        task = super().create_task(coro, name=name or getattr(coro, "__qualname__", None), context=context)
        self._alive.add(task)
        task.add_done_callback(self._ended)
        return task

    async def finish(self, deadline_seconds: float) -> None:
        """Waits until all tasks have ended; those that have not by the deadline are cancelled."""
        try:
            async with asyncio.timeout(deadline_seconds):
                while self._alive:
                    await asyncio.wait(self._alive)
        except TimeoutError:
            names = sorted(task.get_name() for task in self._alive)
            log.warning("tasks cancelled at the deadline", extra={"tasks": names})
            await end_tasks(tuple(self._alive))

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._alive.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("task died", extra={"task": task.get_name()}, exc_info=error)
