"""payouts as its own process: with a pool on litecoind's wallet, and a place where it is to die."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import psycopg

from nompcore.config import DaemonConfig
from tests.servers.forked_process import ForkedProcess
from tests.servers.process import ServerProcess

ROOT = Path(__file__).parents[2]
POOL = "litecoin"
PAYMENT_INTERVAL_SECONDS = 0.2


def write_payouts_config(directory: Path, wallet: DaemonConfig, address: str, **payment: Any) -> None:
    """config.json and one pool that pays from the wallet; `payment` are keys of its payment section."""
    daemon = {
        "host": wallet.host,
        "port": wallet.port,
        "user": wallet.user,
        "password": wallet.password.get_secret_value(),
        "wallet": wallet.wallet,
    }
    pool = {
        "enabled": True,
        "coin": "litecoin.json",
        "network": "regtest",
        "address": address,
        "ports": {"3032": {"diff": 1}},
        "daemons": [daemon],
        "paymentProcessing": {
            "enabled": True,
            "paymentInterval": PAYMENT_INTERVAL_SECONDS,
            "minimumPayment": 0.01,
            "feePercent": 0.01,
            "daemon": daemon,
            **payment,
        },
    }
    (directory / "pool_configs").mkdir(parents=True, exist_ok=True)
    (directory / "config.json").write_text(json.dumps({"website": {"stats": {"updateInterval": 0.5}}}))
    (directory / "pool_configs" / f"{POOL}.json").write_text(json.dumps(pool))


class PayoutsProcess:
    """`python -m services.payouts`; started again it goes on with its ledger, a file or what the URL says."""

    def __init__(
        self,
        directory: Path,
        *,
        nats_url: str,
        redis_url: str,
        replica: str = "payouts-1",
        ledger_url: str = "",
    ) -> None:
        self.ledger_file = directory / "ledger.db"
        self.ledger_url = ledger_url or f"sqlite:///{self.ledger_file}"
        self._log_path = directory / f"{replica}.log"
        self._environment = {
            "PYTHONPATH": f"{ROOT / 'libs'}{os.pathsep}{ROOT}",
            "NOMP_CONFIG_DIR": str(directory),
            "NOMP_COINS_DIR": str(ROOT / "coins"),
            "NATS_URL": nats_url,
            "REDIS_URL": redis_url,
            "LEDGER_URL": self.ledger_url,
            "METRICS_PORT": "0",
            "NOMP_REPLICA": replica,
        }
        self._process: ServerProcess | None = None

    def start(self, failpoint: str = "") -> None:
        """Start it; with a failpoint it will end there by itself."""
        variables = {**os.environ, **self._environment, "NOMP_FAILPOINT": failpoint}
        self._process = ForkedProcess("services.payouts", [], self._log_path, variables)
        self._process.start()

    async def stop(self) -> int | None:
        """SIGTERM, and wait; the exit code."""
        if self._process is None:
            return None
        await self._process.stop()
        return self._process.exit_code

    async def wait(self) -> int:
        """Wait until it ends by itself; the exit code."""
        assert self._process is not None, "payouts was not started"
        return await self._process.wait()

    async def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            await self._process.kill()

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.running

    @property
    def output(self) -> str:
        """What it logged so far, over all its starts."""
        return self._log_path.read_text(errors="replace") if self._log_path.exists() else ""

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Read the ledger behind the service's back; nothing while it does not exist."""
        if self.ledger_url.startswith("postgresql"):
            return _ask_postgresql(self.ledger_url, statement)
        return _ask_sqlite(self.ledger_file, statement)

    def balances(self) -> dict[str, int]:
        """Account → balance, without those that are zero."""
        rows = self.query("SELECT account, SUM(amount_sats) FROM entries GROUP BY account")
        return {account: int(sats) for account, sats in rows if sats}


def _ask_sqlite(file: Path, statement: str) -> list[tuple[Any, ...]]:
    if not file.exists():
        return []
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        return connection.execute(statement).fetchall()
    except sqlite3.OperationalError:  # the tables are not there yet
        return []
    finally:
        connection.close()


def _ask_postgresql(url: str, statement: str) -> list[tuple[Any, ...]]:
    try:
        with psycopg.connect(url) as connection:
            return connection.execute(statement.encode()).fetchall()
    except (psycopg.OperationalError, psycopg.errors.UndefinedTable):  # it is away, or without tables yet
        return []
