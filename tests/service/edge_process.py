"""A service at the edge (api or notifier) as its own process, with the configuration of `ConfigDir`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from tests.servers.process import ServerProcess
from tests.unit.config_dir import COINS_DIR, ConfigDir

ROOT = Path(__file__).parents[2]


class EdgeProcess:
    """`python -m services.<name>`; `output` is its log."""

    def __init__(
        self, name: str, directory: Path, config: ConfigDir, nats_url: str, **environment: str
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        config.write(directory)
        self._log_path = directory / f"{name}.log"
        variables = {
            "PYTHONPATH": f"{ROOT / 'libs'}{os.pathsep}{ROOT}",
            "NOMP_CONFIG_DIR": str(directory),
            "NOMP_COINS_DIR": str(COINS_DIR),
            "NATS_URL": nats_url,
            "NOMP_REPLICA": f"{name}-1",
            **environment,
        }
        assignments = [f"{variable}={value}" for variable, value in variables.items()]
        command = ["/usr/bin/env", *assignments, sys.executable, "-m", f"services.{name}"]
        self._process = ServerProcess(command, self._log_path)

    async def start(self) -> None:
        """Start it and wait until it serves."""
        self._process.start()
        await self._process.answers(self._serves)

    async def kill(self) -> None:
        """SIGKILL, as a crash, and wait."""
        await self._process.kill()

    def strike(self) -> None:
        """SIGKILL, now."""
        self._process.send(signal.SIGKILL)

    async def stop(self) -> None:
        """SIGTERM, and wait."""
        await self._process.stop()

    @property
    def output(self) -> str:
        """What it logged so far."""
        return self._log_path.read_text(errors="replace")

    async def _serves(self) -> bool:
        return '"message": "serving"' in self.output
