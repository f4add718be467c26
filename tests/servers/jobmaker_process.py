"""jobmaker as its own process, with a configuration directory of its own."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nompcore.config import DaemonConfig
from tests.servers.process import ServerProcess

ROOT = Path(__file__).parents[2]
POOL = "ltc"


def daemon_entry(config: DaemonConfig) -> dict[str, object]:
    """A daemon as the pool file spells it."""
    return {
        "host": config.host,
        "port": config.port,
        "user": config.user,
        "password": config.password.get_secret_value(),
        **({"zmq": config.zmq} if config.zmq else {}),
    }


def pool_keys(daemons: Sequence[DaemonConfig], address: str, **keys: Any) -> dict[str, Any]:
    """A pool file of a quick litecoin regtest pool; `keys` add to it or replace what is there."""
    return {
        "enabled": True,
        "coin": "litecoin.json",
        "network": "regtest",
        "address": address,
        "blockRefreshInterval": 100,
        "txRefreshInterval": 500,
        "ports": {"3032": {"diff": 1}},
        "daemons": [daemon_entry(config) for config in daemons],
        **keys,
    }


def write_config(directory: Path, pools: Mapping[str, Mapping[str, Any]]) -> Path:
    """config.json and a pool file for each name; returns the directory."""
    (directory / "pool_configs").mkdir(parents=True, exist_ok=True)
    (directory / "config.json").write_text("{}")
    for name, keys in pools.items():
        (directory / "pool_configs" / f"{name}.json").write_text(json.dumps(keys))
    return directory


class JobmakerProcess:
    """`python -m services.jobmaker`; it can be started again after it ended."""

    def __init__(
        self, config_dir: Path, nats_url: str, replica: str = "jobmaker-1", coins_dir: Path = ROOT / "coins"
    ) -> None:
        self._log_path = config_dir / f"{replica}.log"
        environment = {
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'libs'}{os.pathsep}{ROOT}",
            "NOMP_CONFIG_DIR": str(config_dir),
            "NOMP_COINS_DIR": str(coins_dir),
            "NATS_URL": nats_url,
            "METRICS_PORT": "0",
            "BLOCK_ARCHIVE": str(config_dir / "blocks"),
            "LOG_LEVEL": "debug",
            "NOMP_REPLICA": replica,
        }
        command = [sys.executable, "-m", "services.jobmaker"]
        self._process = ServerProcess(command, self._log_path, environment)
        self._starts = 0

    async def start(self) -> None:
        """Start it and wait until it serves."""
        self._starts += 1
        self._process.start()
        await self._process.answers(self._serves)

    async def stop(self) -> None:
        """SIGTERM, and wait."""
        await self._process.stop()

    async def kill(self) -> None:
        """kill -9."""
        await self._process.kill()

    def freeze(self) -> None:
        """Leave it silent with open connections."""
        self._process.freeze()

    def thaw(self) -> None:
        """End `freeze`."""
        self._process.thaw()

    @property
    def output(self) -> str:
        """What it logged so far, over all its starts."""
        return self._log_path.read_text(errors="replace")

    async def _serves(self) -> bool:
        return self.output.count('"message": "serving"') >= self._starts
