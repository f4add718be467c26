"""Several pools in one payouts process, whose wallets are away: what shares do is looked at."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.servers.forked_process import ForkedProcess
from tests.servers.process import ServerProcess, free_port

ROOT = Path(__file__).parents[2]
ADDRESS = "rltc1qyzp2seyg08tz0eakwylw6cpcrt43eqenfv0k2q"


def write_pools(directory: Path, pools: Sequence[str], **payment: Any) -> None:
    """config.json and a pool for each name; `payment` are keys of their payment sections."""
    (directory / "coins").mkdir(parents=True, exist_ok=True)
    text = (ROOT / "coins" / "litecoin.json").read_text()
    litecoin = json.loads(text[text.index("{") :])  # after its comment
    daemon = {"host": "127.0.0.1", "port": free_port(), "user": "nobody", "password": "secret"}
    for number, name in enumerate(pools):
        coin = {**litecoin, "name": name.title(), "symbol": f"LT{number}"}
        (directory / "coins" / f"{name}.json").write_text(json.dumps(coin))
        pool = {
            "enabled": True,
            "coin": f"{name}.json",
            "network": "regtest",
            "address": ADDRESS,
            "ports": {str(3032 + number): {"diff": 1}},
            "daemons": [daemon],
            "paymentProcessing": {
                "enabled": True,
                "paymentInterval": 5,
                "minimumPayment": 0.01,
                "daemon": daemon,
                **payment,
            },
        }
        (directory / "pool_configs").mkdir(parents=True, exist_ok=True)
        (directory / "pool_configs" / f"{name}.json").write_text(json.dumps(pool))
    (directory / "config.json").write_text(json.dumps({"website": {"stats": {"updateInterval": 0.5}}}))


class Command:
    """A program of payouts with the settings of a service: itself, or `rebuild`."""

    def __init__(
        self, directory: Path, *, nats_url: str, redis_url: str, ledger_url: str, replica: str
    ) -> None:
        self.replica = replica
        self._log_path = directory / f"{replica}.log"
        self._environment = {
            "PYTHONPATH": f"{ROOT / 'libs'}:{ROOT}",
            "NOMP_CONFIG_DIR": str(directory),
            "NOMP_COINS_DIR": str(directory / "coins"),
            "NATS_URL": nats_url,
            "REDIS_URL": redis_url,
            "LEDGER_URL": ledger_url,
            "METRICS_PORT": "0",
            "NOMP_REPLICA": replica,
        }
        self.process: ServerProcess | None = None

    def start(self, module: str = "services.payouts", *words: str, failpoint: str = "") -> ServerProcess:
        """Start it."""
        environment = {**os.environ, **self._environment, "NOMP_FAILPOINT": failpoint}
        self.process = ForkedProcess(module, words, self._log_path, environment)
        self.process.start()
        return self.process

    @property
    def output(self) -> str:
        """What it wrote so far."""
        return self._log_path.read_text(errors="replace") if self._log_path.exists() else ""

    async def kill(self) -> None:
        """kill -9."""
        if self.process is not None:
            await self.process.kill()
