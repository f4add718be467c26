"""`clustering.forks`: a stratum process for each core of a host without containers.

The processes listen on the same ports (SO_REUSEPORT) and know nothing of each other; the parent only keeps
them alive. None outlives it: the kernel kills them when it dies. Linux only.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from random import SystemRandom

from nompcore.backoff import delays
from nompcore.service import EXIT_CONFIG, EXIT_CRASH

log = logging.getLogger(__name__)

FORK = "NOMP_FORK"
"""Variable of a child's environment: which one it is, 1 and up."""

COMMAND = (sys.executable, "-m", "services.stratum")

METRICS_PORT_STEP = 100  # the ports in between belong to other services

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
STEADY_SECONDS = 60.0  # a process that lived so long had no trouble starting: the next pause is short again

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LIBC = ctypes.CDLL(None)  # loaded here, not between fork and exec


def forks_wanted(forks: int) -> int:
    """How many processes `clustering.forks` means; 0 is one for each core that this process may use."""
    return forks or len(os.sched_getaffinity(0))


def run_forks(
    processes: int,
    environ: Mapping[str, str],
    *,
    replica: str,
    metrics_port: int,
    command: Sequence[str] = COMMAND,
) -> int:
    """Keeps `processes` children alive until SIGTERM or SIGINT, which they get too; a second one kills them.

    `replica` and `metrics_port` are this process's settings, from which each child has its own. Returns an
    exit code: 0 when all children ended with 0 or by the signal they got, or else the first other one,
    128 + signal for a killed one. A child that finds its configuration unusable (2) ends all.
    """
    environs = [_child_environ(environ, number, replica, metrics_port) for number in range(1, processes + 1)]
    return asyncio.run(_Forks(command).run(environs))


def _child_environ(
    environ: Mapping[str, str], number: int, replica: str, metrics_port: int
) -> dict[str, str]:
    own = {
        FORK: str(number),
        "NOMP_REPLICA": f"{replica}-{number}",
        "METRICS_PORT": str(metrics_port and metrics_port + METRICS_PORT_STEP * (number - 1)),
    }
    files = {f"{name}_FILE" for name in own}  # a setting is given in one way only
    return {name: value for name, value in environ.items() if name not in files} | own


class _Forks:
    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._running: set[asyncio.subprocess.Process] = set()
        self._stop = asyncio.Event()
        self._stop_signal = signal.SIGTERM
        self._exit_code = 0

    async def run(self, environs: list[dict[str, str]]) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal, number)
        async with asyncio.TaskGroup() as tasks:
            for environ in environs:
                tasks.create_task(self._keep_alive(environ))
        return self._exit_code

    def _on_signal(self, number: signal.Signals) -> None:
        if self._stop.is_set():
            log.warning("second signal, killing all processes", extra={"signal": number.name})
            self._stop_signal = signal.SIGKILL
            self._send(signal.SIGKILL, self._running)
        else:
            log.info("stopping", extra={"signal": number.name})
            self._stop_all(number)

    def _stop_all(self, number: signal.Signals) -> None:
        self._stop_signal = number
        self._stop.set()
        self._send(number, self._running)

    def _send(self, number: signal.Signals, processes: Iterable[asyncio.subprocess.Process]) -> None:
        """Not by `send_signal`, which takes the exit code of one that has just ended away from `wait`."""
        for process in processes:
            with suppress(ProcessLookupError):  # it has ended, and its task has not heard of it yet
                os.kill(process.pid, number)

    async def _keep_alive(self, environ: dict[str, str]) -> None:
        """Starts a child again and again until all are to stop."""
        pauses, restarts = _pauses(), 0
        while not self._stop.is_set():
            started = time.monotonic()
            code = await self._run_child(environ)
            if self._stop.is_set() or code == EXIT_CONFIG:
                self._end(code)
                return
            if time.monotonic() - started > STEADY_SECONDS:
                pauses = _pauses()
            pause, restarts = next(pauses), restarts + 1
            facts = {"fork": environ[FORK], "exit_code": code, "restarts": restarts, "pause_seconds": pause}
            log.error("process died", extra=facts)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._stop.wait()

    async def _run_child(self, environ: dict[str, str]) -> int:
        """Its exit code, once it has ended."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                env=environ,
                start_new_session=True,  # Ctrl-C is for the parent: with its own the child would get two
                preexec_fn=_end_with(os.getpid()),
            )
        except OSError as error:  # no memory or no process to be had just now
            log.error("process cannot be started", extra={"fork": environ[FORK], "error": str(error)})
            return EXIT_CRASH
        self._running.add(process)
        if self._stop.is_set():  # while it was being started
            self._send(self._stop_signal, [process])
        code = await process.wait()
        self._running.discard(process)
        return code if code >= 0 else 128 - code

    def _end(self, code: int) -> None:
        """A child has ended for good."""
        if code - 128 not in (signal.SIGTERM, signal.SIGINT):  # which came before it had a handler for them
            self._exit_code = self._exit_code or code
        if not self._stop.is_set():
            log.error("configuration unusable, stopping all processes")
            self._stop_all(signal.SIGTERM)


def _pauses() -> Iterator[float]:
    return delays(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, SystemRandom())


def _end_with(parent_pid: int) -> Callable[[], None]:
    """What a child does before it becomes another program: ask to be killed when the parent dies, prctl(2).

    Not with SIGTERM: while the orphans drained, a new parent's children would find their metrics ports taken
    and give up.
    """

    def ask_kernel() -> None:
        if _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0 or os.getppid() != parent_pid:
            os._exit(EXIT_CRASH)  # refused, or the parent had died already

    return ask_kernel
