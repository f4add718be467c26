"""A service process from its start to its exit code, against a real NATS server."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from nompcore.address import encode_segwit
from tests.servers import NatsServer, free_port, wait_until
from tests.servers.process import ServerProcess

ROOT = Path(__file__).parents[2]

POOL = {
    "enabled": True,
    "coin": "litecoin.json",
    "network": "regtest",
    "address": encode_segwit("rltc", 0, bytes(20)),
    "ports": {"3032": {"diff": 1}},
    "daemons": [{"port": 19443, "user": "me", "password": "hush-hush"}],
}


class LifecycleService:
    """`lifecycle_service.py` as a process, with a configuration of its own."""

    def __init__(self, directory: Path, nats_url: str) -> None:
        self.metrics_port = free_port()
        self.directory = directory
        (directory / "pool_configs").mkdir()
        (directory / "pool_configs" / "litecoin.json").write_text(json.dumps(POOL))
        self.write_portal({})
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join((str(ROOT / "libs"), str(ROOT))),
            "NOMP_CONFIG_DIR": str(directory),
            "NOMP_COINS_DIR": str(ROOT / "coins"),
            "NATS_URL": nats_url,
            "METRICS_PORT": str(self.metrics_port),
            "NOMP_REPLICA": "a1",
        }
        self.process = ServerProcess([], directory / "service.log", self.environment)

    def write_portal(self, portal: dict[str, Any]) -> None:
        """Writes `config.json`."""
        (self.directory / "config.json").write_text(json.dumps(portal))

    def start(self, behaviour: str, drain_seconds: float = 60) -> None:
        """Starts it."""
        script = str(Path(__file__).with_name("lifecycle_service.py"))
        self.process.command[:] = [sys.executable, script, behaviour, str(drain_seconds)]
        self.process.start()

    @property
    def output(self) -> str:
        """All it printed."""
        return self.process.log_path.read_text()

    def logged(self, message: str) -> list[dict[str, Any]]:
        """Its log lines with that message."""
        lines = [json.loads(line) for line in self.output.splitlines() if line.startswith("{")]
        return [line for line in lines if line["message"] == message]

    async def serves(self) -> None:
        """Returns when it serves."""
        await wait_until(lambda: bool(self.logged("serving")) or not self.process.running)
        assert self.process.running, self.output

    async def exit_code(self) -> int:
        """Its exit code, once it has ended by itself."""
        return await self.process.wait()

    async def ready_gauge(self) -> str:
        """The value of `nomp_ready` on its metrics page."""
        async with httpx.AsyncClient(trust_env=False, verify=False) as client:
            page = (await client.get(f"http://127.0.0.1:{self.metrics_port}/metrics")).text
        (line,) = [line for line in page.splitlines() if line.startswith("nomp_ready ")]
        return line.split()[1]


@pytest.fixture
async def service(tmp_path: Path, nats_url: str) -> AsyncIterator[LifecycleService]:
    """A service that is not started."""
    directory = tmp_path / "config"
    directory.mkdir()
    service = LifecycleService(directory, nats_url)
    try:
        yield service
    finally:
        await service.process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("behaviour", ["serve", "serve_by_task"])
async def test_a_service_serves_and_ends_in_order_when_told_to(
    service: LifecycleService, behaviour: str, number: signal.Signals
) -> None:
    service.start(behaviour)
    await service.serves()
    assert await service.ready_gauge() == "1.0"

    service.process.send(number)

    assert await service.exit_code() == 0
    assert "finished in order" in service.output
    (stopped,) = service.logged("stopped")
    assert (stopped["service"], stopped["replica"]) == ("api", "a1")


async def test_a_service_waits_for_nats_and_can_be_stopped_while_it_does(
    service: LifecycleService, nats_server: NatsServer
) -> None:
    await nats_server.stop()
    service.start("serve")
    await wait_until(lambda: bool(service.logged("connecting to NATS")))
    assert await service.ready_gauge() == "0.0"

    service.process.send(signal.SIGTERM)

    assert await service.exit_code() == 0
    assert service.logged("serving") == []


async def test_a_service_starts_to_serve_when_nats_comes(
    service: LifecycleService, nats_server: NatsServer
) -> None:
    await nats_server.stop()
    service.start("serve")
    await wait_until(lambda: bool(service.logged("connecting to NATS")))

    await nats_server.start()

    await service.serves()


async def test_a_crash_at_the_start_ends_the_process_with_its_traceback(service: LifecycleService) -> None:
    service.start("crash")

    assert await service.exit_code() == 1
    (died,) = service.logged("task died")
    assert died["task"] == "api"
    assert "a bug at the start" in died["traceback"]


async def test_a_task_that_dies_ends_the_process_and_is_named(service: LifecycleService) -> None:
    service.start("lose_a_task")

    assert await service.exit_code() == 1
    (died,) = service.logged("task died")
    assert died["task"] == "watcher of litecoin"
    assert "a bug in a task" in died["traceback"]


async def test_losing_nats_for_good_ends_the_process(
    service: LifecycleService, nats_server: NatsServer
) -> None:
    service.start("serve")
    await service.serves()

    nats_server.reload("authorization { user: somebody, password: else }")

    assert await service.exit_code() == 1
    assert [line["task"] for line in service.logged("task died")] == ["connection to NATS"]


async def test_a_second_signal_ends_a_service_that_does_not_stop(service: LifecycleService) -> None:
    service.start("never_stop")
    await service.serves()

    service.process.send(signal.SIGTERM)
    await wait_until(lambda: bool(service.logged("stopping")))
    assert service.process.running
    service.process.send(signal.SIGTERM)

    assert await service.exit_code() == 1


async def test_a_service_that_does_not_stop_is_ended_at_the_deadline(service: LifecycleService) -> None:
    service.start("never_stop", drain_seconds=0.1)
    await service.serves()

    service.process.send(signal.SIGTERM)

    assert await service.exit_code() == 0
    (cancelled,) = service.logged("tasks cancelled at the deadline")
    assert cancelled["tasks"] == ["api"]


async def test_a_setting_that_cannot_be_used_is_named_without_its_value(service: LifecycleService) -> None:
    service.environment["API_PORT"] = "a secret by mistake"
    service.start("serve")

    assert await service.exit_code() == 2
    assert service.output == "API_PORT: expected a port number, 0 to 65535\n"


async def test_problems_of_the_configuration_are_lines_for_the_operator(service: LifecycleService) -> None:
    service.write_portal({"logLevel": "shouting", "websit": {}})
    service.start("serve")

    assert await service.exit_code() == 2
    lines = service.output.splitlines()
    assert len(lines) == 2
    assert any("config.json: logLevel: " in line for line in lines)
    assert any("websit" in line for line in lines)


async def test_warnings_of_the_configuration_are_logged(service: LifecycleService) -> None:
    service.write_portal({"logLevel": "info", "logColors": True})
    service.start("serve")
    await service.serves()

    warnings = {line["path"]: line["level"] for line in service.logged("configuration")}
    assert warnings["logColors"] == "warning"


async def test_the_log_level_of_the_environment_wins(service: LifecycleService) -> None:
    service.write_portal({"logLevel": "debug", "logColors": True})
    service.environment["LOG_LEVEL"] = "warning"
    service.start("serve")
    await wait_until(lambda: bool(service.logged("configuration")))

    assert service.logged("starting") == []


async def test_a_metrics_port_that_is_taken_is_told(
    service: LifecycleService, nats_server: NatsServer
) -> None:
    service.environment["METRICS_PORT"] = str(nats_server.port)
    service.start("serve")

    assert await service.exit_code() == 2
    assert "METRICS_PORT: cannot listen" in service.output


async def test_credentials_of_the_environment_are_never_logged(service: LifecycleService) -> None:
    service.environment["NATS_URL"] = service.environment["NATS_URL"].replace("//", "//me:hush-hush@")
    service.environment["REDIS_URL"] = "redis://:hush-hush@127.0.0.1/0"
    service.environment["LOG_LEVEL"] = "debug"
    service.start("crash")

    assert await service.exit_code() == 1
    assert "hush-hush" not in service.output
