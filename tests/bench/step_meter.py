"""Steps of this process as they cost time and memory, each of them perhaps many times. Linux: `/proc`."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median

from nompcore.ending import end_tasks
from tests.bench.process_figures import forget_peak, peak_resident_bytes

MIB = 1024 * 1024
TICK_SECONDS = 0.002


@dataclass(frozen=True, slots=True)
class Step:
    """All runs of one step. `held_up_ms`: the longest that the event loop did nothing else."""

    step: str
    times: int
    together_seconds: float
    cpu_seconds: float  # of all threads
    median_ms: float
    worst_ms: float
    held_up_ms: float
    peak_mib: float  # the most memory that the process held during any run


@dataclass(slots=True)
class _Runs:
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: float = 0.0
    held_up_seconds: float = 0.0
    peak_bytes: int = 0


class StepMeter:
    """Measures one step at a time while `running`."""

    def __init__(self) -> None:
        self._by_step: dict[str, _Runs] = {}
        self._held_up_seconds = 0.0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[StepMeter]:
        """Watch the event loop."""
        ticking = asyncio.create_task(self._tick_for_ever())
        try:
            yield self
        finally:
            await end_tasks([ticking])

    @asynccontextmanager
    async def measured(self, step: str) -> AsyncIterator[None]:
        """What the block does is a run of the step."""
        await self._tick()
        forget_peak(os.getpid())
        self._held_up_seconds = 0.0
        started, cpu_started = time.monotonic(), time.process_time()
        yield
        seconds, cpu_seconds = time.monotonic() - started, time.process_time() - cpu_started
        await self._tick()
        runs = self._by_step.setdefault(step, _Runs())
        runs.seconds.append(seconds)
        runs.cpu_seconds += cpu_seconds
        runs.held_up_seconds = max(runs.held_up_seconds, self._held_up_seconds)
        runs.peak_bytes = max(runs.peak_bytes, peak_resident_bytes(os.getpid()))

    def steps(self) -> list[Step]:
        """Those measured so far, in the order of their first runs."""
        return [
            Step(
                step=step,
                times=len(runs.seconds),
                together_seconds=sum(runs.seconds),
                cpu_seconds=runs.cpu_seconds,
                median_ms=median(runs.seconds) * 1000,
                worst_ms=max(runs.seconds) * 1000,
                held_up_ms=runs.held_up_seconds * 1000,
                peak_mib=runs.peak_bytes / MIB,
            )
            for step, runs in self._by_step.items()
        ]

    async def _tick_for_ever(self) -> None:
        while True:
            due = time.monotonic() + TICK_SECONDS
            await asyncio.sleep(TICK_SECONDS)
            self._held_up_seconds = max(self._held_up_seconds, time.monotonic() - due)

    async def _tick(self) -> None:
        """Wait for the watch to notice how long the loop was held up until now."""
        await asyncio.sleep(2 * TICK_SECONDS)  # its next look is due before that
