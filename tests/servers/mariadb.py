"""MariaDB from the distribution, with a database that has MPOS's tables (`mpos_schema.py`).

`python -m tests.servers.mariadb` installs it, for the Makefile.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from deploy.launcher.debian_package import install_package
from tests.servers.mpos_schema import GRANTS, TABLES
from tests.servers.process import ServerProcess, free_port

PACKAGE = "mariadb-server"
SERVER, INSTALLER = "mariadbd", "mariadb-install-db"
SYSTEM_USER = "mysql"
"""The server refuses to run as root; the package makes this user."""

DATABASE, USER, PASSWORD = "mpos", "nomp", "only-on-loopback"


def find_mariadb() -> str | None:
    """The server's path."""
    return shutil.which(SERVER, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def ensure_mariadb() -> bool:
    """Whether it is there, after an attempt to install it."""
    return find_mariadb() is not None or (install_package(PACKAGE) and find_mariadb() is not None)


class MariaDb:
    """A server that keeps its port and data over restarts. `USER` has the grants of docs/mpos.md, no more.

    Its directory is not one of pytest's: those are closed to the server's user.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self._directory = Path(tempfile.mkdtemp(prefix="nomp-mariadb-"))
        self._data = self._directory / "data"
        command = [
            find_mariadb() or SERVER,
            "--no-defaults",
            *_as_user(),
            f"--datadir={self._data}",
            f"--socket={self._directory / 's.sock'}",
            f"--pid-file={self._directory / 'pid'}",
            "--bind-address=127.0.0.1",
            f"--port={self.port}",
            "--innodb-buffer-pool-size=32M",
            "--default-time-zone=-05:00",  # not ours, to see that times are right all the same
        ]
        self._process = ServerProcess(command, self._directory / "mariadb.log")

    async def start(self) -> None:
        """Start it unless it runs, and wait until it answers; the first time it gets its database."""
        if self._process.running:
            return
        is_new = not self._data.exists()
        if is_new:
            await asyncio.to_thread(self._install)
        self._process.start()
        await self._process.answers(self._answers)
        if is_new:
            await asyncio.to_thread(self._create)

    async def stop(self) -> None:
        """End it in order."""
        await self._process.stop()

    async def remove(self) -> None:
        """End it and forget its data."""
        await self._process.stop()
        shutil.rmtree(self._directory)

    async def kill(self) -> None:
        """kill -9."""
        await self._process.kill()

    def freeze(self) -> None:
        """Leave it silent with open connections."""
        self._process.freeze()

    def thaw(self) -> None:
        """End `freeze`."""
        self._process.thaw()

    def execute(self, statement: str, *values: Any, database: str | None = DATABASE) -> list[dict[str, Any]]:
        """Run a statement as root, in UTC, and commit it; its rows."""
        with _engine(self.port, database).begin() as connection:
            done = connection.exec_driver_sql(statement, values or None)
            return [dict(row) for row in done.mappings()] if done.returns_rows else []

    @property
    def section(self) -> dict[str, Any]:
        """How a pool file names it."""
        return {
            "enabled": True,
            "host": "127.0.0.1",
            "port": self.port,
            "user": USER,
            "password": PASSWORD,
            "database": DATABASE,
        }

    def _install(self) -> None:
        self._data.mkdir()
        if os.geteuid() == 0:
            shutil.chown(self._directory, SYSTEM_USER)
            shutil.chown(self._data, SYSTEM_USER)
        subprocess.run(
            [
                INSTALLER,
                "--no-defaults",
                *_as_user(),
                f"--datadir={self._data}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ],
            check=True,
            capture_output=True,
        )

    def _create(self) -> None:
        self.execute(f"CREATE DATABASE {DATABASE}", database=None)
        self.execute(f"CREATE USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'", database=None)
        for statement in (*TABLES, *GRANTS):
            self.execute(statement)

    def empty(self) -> None:
        """As it was when it was new."""
        for row in self.execute("SHOW TABLES"):
            self.execute(f"DROP TABLE {next(iter(row.values()))}")
        for statement in TABLES:
            self.execute(statement)

    async def _answers(self) -> bool:
        try:
            await asyncio.to_thread(self.execute, "SELECT 1", database=None)
        except OperationalError:
            return False
        return True


@cache
def _engine(port: int, database: str | None) -> Engine:
    """Connects anew each time. Without TLS, for which the driver reads all certificates of the machine."""
    url = URL.create("mysql+pymysql", username="root", host="127.0.0.1", port=port, database=database)
    asked = {"init_command": "SET time_zone = '+00:00'", "ssl_disabled": True}
    return create_engine(url, poolclass=NullPool, connect_args=asked)


def _as_user() -> list[str]:
    return [f"--user={SYSTEM_USER}"] if os.geteuid() == 0 else []


if __name__ == "__main__":
    sys.exit(0 if ensure_mariadb() else f"{PACKAGE} is needed for the tests of MPOS mode: install it")
