"""The stratum service as a process of its own, on ports and a configuration of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from tests.servers import free_port, wait_until
from tests.stratum_work import ADDRESS, EASY, POOL, ROOT

STOPS_WITHIN_SECONDS = 60.0


class StratumProcess:
    """`python -m services.stratum` with one pool; replicas that share a directory share the configuration."""

    def __init__(
        self,
        directory: Path,
        nats_url: str,
        difficulty: float = EASY,
        drain_seconds: float = 0,
        **pool_keys: Any,
    ) -> None:
        self.port, self.metrics_port = free_port(), free_port()
        self._directory = directory
        self._log = directory / "one.log"
        self._environ = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join((str(ROOT / "libs"), str(ROOT))),
            "NATS_URL": nats_url,
            "NOMP_CONFIG_DIR": str(directory),
            "NOMP_COINS_DIR": str(ROOT / "coins"),
            "NOMP_REPLICA": "one",
            "STRATUM_HOST": "127.0.0.1",
            "STRATUM_DRAIN_SECONDS": str(drain_seconds),
            "METRICS_PORT": str(self.metrics_port),
            "LOG_LEVEL": "debug",
        }
        self._configure({"ports": {str(self.port): {"diff": difficulty}}, **pool_keys})
        self.process: asyncio.subprocess.Process | None = None

    def _configure(self, pool_keys: dict[str, Any]) -> None:
        pool = {
            "enabled": True,
            "coin": "bitcoin.json",
            "network": "regtest",
            "address": ADDRESS,
            "daemons": [{"host": "127.0.0.1", "port": 1, "user": "u", "password": "p"}],
            **pool_keys,
        }
        (self._directory / "pool_configs").mkdir(parents=True, exist_ok=True)
        (self._directory / "config.json").write_text("{}")
        (self._directory / "pool_configs" / f"{POOL}.json").write_text(json.dumps(pool))

    def twin(self, replica: str) -> StratumProcess:
        """Another replica on the same port."""
        other = object.__new__(StratumProcess)
        other.__dict__.update(self.__dict__)
        other.metrics_port = free_port()
        other._log, other.process = self._directory / f"{replica}.log", None
        other._environ = {**self._environ, "NOMP_REPLICA": replica, "METRICS_PORT": str(other.metrics_port)}
        return other

    async def start(self) -> None:
        """Start it and wait until it serves."""
        with self._log.open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "services.stratum", env=self._environ, stdout=output, stderr=output
            )
        await wait_until(lambda: bool(self.logged("serving")) or not self.running, what="stratum serves")
        assert self.running, self.output

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.process is not None and self.process.returncode is None

    @property
    def output(self) -> str:
        """What it printed so far."""
        return self._log.read_text()

    def logged(self, message: str) -> list[dict[str, Any]]:
        """Its log lines with this message."""
        lines = [json.loads(line) for line in self.output.splitlines() if line.startswith("{")]
        return [line for line in lines if line["message"] == message]

    def terminate(self) -> None:
        """SIGTERM, without waiting."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)

    async def exit_code(self) -> int:
        """Its exit code, when it has ended."""
        assert self.process
        return await asyncio.wait_for(self.process.wait(), STOPS_WITHIN_SECONDS)

    async def stop(self) -> int:
        """SIGTERM; the exit code."""
        if self.running:
            self.terminate()
        return await self.exit_code()

    async def end(self) -> None:
        """Leave nothing behind, whatever the test did."""
        if self.running:
            assert self.process
            self.process.kill()
            await self.process.wait()
