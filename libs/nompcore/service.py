"""What every service does around its own work: settings, configuration, logs, NATS, signals, exit code.

    run("jobmaker", start)      # in __main__.py, where `async def start(service: Service)`

`start` may return once its tasks run in `service.tasks`, or stay until `service.stop` is set. An error in it
or in any task ends the process; SettingsInvalid says that a setting turned out to be unusable. Exit codes:
0 stopped as asked, 1 crashed, 2 settings or configuration unusable.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NoReturn

from nompcore import metrics
from nompcore.bus import Bus
from nompcore.config import ConfigInvalid, PortalConfig, load_config
from nompcore.logs import configure_logs
from nompcore.reloading import Reloading
from nompcore.settings import Settings, SettingsInvalid, read_settings
from nompcore.supervision import SupervisedTasks
from nompcore.version import VERSION

log = logging.getLogger(__name__)

EXIT_CLEAN, EXIT_CRASH, EXIT_CONFIG = 0, 1, 2

_RESTART = -1
"""No exit code: the process begins anew in its place, for a changed configuration (ADR 31)."""

DRAIN_SECONDS = 20
"""Tasks get this long to finish after the first signal; whoever kills must wait a little longer."""


@dataclass(frozen=True, slots=True)
class Service:
    """What `start` gets. `stop` is set when the process should end; leave loops then."""

    name: str
    replica: str
    settings: Settings
    config: PortalConfig
    bus: Bus
    stop: asyncio.Event
    tasks: asyncio.TaskGroup
    serving: asyncio.Event = field(default_factory=asyncio.Event)

    def ready(self) -> None:
        """Says that the service serves now: gauge `nomp_ready` and a log line."""
        metrics.READY.set(1)
        self.serving.set()
        log.info("serving")


Start = Callable[[Service], Awaitable[None]]


def run(
    name: str, start: Start, *, drain_seconds: Callable[[Settings], float] = lambda settings: DRAIN_SECONDS
) -> NoReturn:
    """Runs a service until it is told to stop, then exits the process."""
    code = _exit_code(name, start, drain_seconds)
    if code == _RESTART:
        log.info("beginning anew")
        logging.shutdown()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  (the same command)
    sys.exit(code)


def _exit_code(name: str, start: Start, drain_seconds: Callable[[Settings], float]) -> int:
    try:
        settings = read_settings(os.environ, name)
        config = load_config(settings.config_dir, settings.coins_dir, os.environ)
    except (SettingsInvalid, ConfigInvalid) as error:
        return _refuse(*error.problems)
    configure_logs(settings.log_level or config.log_level, service=name, replica=settings.replica)
    log.info("starting", extra={"version": VERSION, "pools": sorted(config.pools)})
    for warning in config.warnings:
        log.warning("configuration", extra={"file": warning.file, "path": warning.path, "text": warning.text})
    try:
        stop_metrics = _serve_metrics(settings)
    except OSError as error:
        return _refuse(f"METRICS_PORT: cannot listen on {settings.metrics_host}: {error.strerror}")
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            restart = runner.run(_serve(name, start, settings, config, drain_seconds(settings)))
    except Exception as error:  # the last place where a crash can be told
        if problems := _setting_problems(error):
            return _refuse(*problems)
        log.exception("crashed")
        return EXIT_CRASH
    finally:
        stop_metrics()
    return _RESTART if restart else EXIT_CLEAN


def _setting_problems(error: Exception) -> tuple[str, ...]:
    """What SettingsInvalid says that alone brought the tasks down; none if anything else did."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        (error,) = error.exceptions
    return error.problems if isinstance(error, SettingsInvalid) else ()


def _refuse(*problems: object) -> int:
    """One line each for the operator, who may not have a tool for JSON lines at hand."""
    for problem in problems:
        print(problem, file=sys.stderr)  # noqa: T201
    return EXIT_CONFIG


def _serve_metrics(settings: Settings) -> Callable[[], None]:
    metrics.READY.set(0)
    if settings.metrics_port == 0:
        return lambda: None
    return metrics.serve_metrics(settings.metrics_host, settings.metrics_port)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop  # noqa: PLC0415  (not on every platform)
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


async def _serve(
    name: str, start: Start, settings: Settings, config: PortalConfig, drain_seconds: float
) -> bool:
    """Whether it is to begin anew."""
    stop = asyncio.Event()
    _handle_signals(stop)
    bus = await _connect_unless_stopped(name, settings, stop)
    if bus is None:
        return False
    reloading = Reloading(bus, name, settings, config, stop)
    try:
        async with SupervisedTasks() as tasks:
            service = Service(name, settings.replica, settings, config, bus, stop, tasks)
            watching = [
                tasks.create_task(bus.watch(), name="connection to NATS"),
                tasks.create_task(reloading.run(), name="reloading"),
                tasks.create_task(reloading.pass_turn_on(service.serving), name="turn to restart"),
            ]
            tasks.create_task(_call(start, service), name=name)
            await stop.wait()
            for task in watching:
                task.cancel()
            async with reloading.keeping_turn():
                await tasks.finish(drain_seconds)
    finally:
        metrics.READY.set(0)
        await bus.drain()
    log.info("stopped")
    return reloading.restart


async def _call(start: Start, service: Service) -> None:
    await start(service)


async def _connect_unless_stopped(name: str, settings: Settings, stop: asyncio.Event) -> Bus | None:
    """The connection with all streams in place, None when told to stop before that."""

    async def connect() -> Bus:
        bus = await Bus.connect(settings.nats_url, service=name, replica=settings.replica)
        await bus.ensure()
        return bus

    async with asyncio.TaskGroup() as tasks:
        connecting, stopping = tasks.create_task(connect()), tasks.create_task(stop.wait())
        await asyncio.wait((connecting, stopping), return_when=asyncio.FIRST_COMPLETED)
        connecting.cancel()
        stopping.cancel()
    return None if connecting.cancelled() else connecting.result()


def _handle_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def on_signal(number: signal.Signals) -> None:
        if stop.is_set():
            log.warning("second signal, leaving at once", extra={"signal": number.name})
            logging.shutdown()
            os._exit(EXIT_CRASH)
        log.info("stopping", extra={"signal": number.name})
        metrics.READY.set(0)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
