"""Runs the command that takes over a NOMP, as an operator does."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.servers.forked_process import ForkedProcess
from tests.servers.payouts_process import POOL, ROOT

MODULE = "services.payouts.nomp_import"
TABLES = ("transfers", "entries", "blocks", "round_shares", "nomp_imports", "nomp_payouts", "outbox")


@dataclass(frozen=True, slots=True)
class Ended:
    """How the command ended."""

    code: int
    output: str
    errors: str

    @property
    def report(self) -> dict[str, Any]:
        """Its report, if it was asked for JSON."""
        tree: dict[str, Any] = json.loads(self.output)
        return tree


class ImportCommand:
    """The command with the configuration and the ledger of a directory."""

    def __init__(self, home: Path, redis_url: str, *, ledger_url: str = "") -> None:
        self.ledger_file = home / "ledger.db"
        self._redis_url = redis_url
        self._environment = {
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'libs'}{os.pathsep}{ROOT}",
            "NOMP_CONFIG_DIR": str(home),
            "NOMP_COINS_DIR": str(ROOT / "coins"),
            "LEDGER_URL": ledger_url or f"sqlite:///{self.ledger_file}",
        }

    async def run(self, *words: str, failpoint: str = "") -> Ended:
        """Run it against NOMP's Redis."""
        source = ("--redis", self._redis_url, "--coin", "litecoin")
        return await self.run_plainly(*source, *words, failpoint=failpoint)

    async def run_plainly(self, *words: str, failpoint: str = "") -> Ended:
        """Run it with these arguments and the pool's name."""
        environment = {**self._environment, "NOMP_FAILPOINT": failpoint}
        arguments = ["--pool", POOL, *words]
        with TemporaryDirectory() as directory:
            output, errors = Path(directory, "output"), Path(directory, "errors")
            process = ForkedProcess(MODULE, arguments, output, environment, errors)
            process.start()
            code = await process.wait()
            return Ended(code, *(path.read_text() for path in (output, errors)))

    async def run_by_python(self, *words: str) -> Ended:
        """Run it against NOMP's Redis with a Python of its own."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", MODULE, "--pool", POOL, "--redis", self._redis_url, "--coin", "litecoin",
            *words, env=self._environment, cwd=ROOT,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        output, errors = await process.communicate()
        assert process.returncode is not None
        return Ended(process.returncode, output.decode(), errors.decode())

    def rows(self) -> dict[str, list[Any]]:
        """Every row of the ledger; nothing where a table is not there."""
        if not self.ledger_file.exists():
            return {}
        connection = sqlite3.connect(f"file:{self.ledger_file}?mode=ro", uri=True)
        try:
            there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            return {
                table: connection.execute(f"SELECT * FROM {table}").fetchall()
                for table in TABLES
                if table in there
            }
        finally:
            connection.close()
