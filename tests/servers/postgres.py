"""PostgreSQL, flushing each commit to the disk, as a user that is not root: it insists.

The ledger's role owns a database, as the operator guide says, and may do nothing else.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import pwd
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL

from deploy.launcher.postgres import find_postgres
from tests.servers.process import ServerProcess, free_port

ROLE, PASSWORD = "nomp", "only@loopback/%"  # a URL has to encode it
ADMIN, ADMIN_PASSWORD = "postgres", "another"
_MAINTENANCE = "postgres"


class PostgresServer:
    """A server on loopback that keeps its port and data over restarts; `create` comes first, once."""

    def __init__(self, directory: Path) -> None:
        programs = find_postgres()
        assert programs is not None, "PostgreSQL is missing: make postgres"
        self.port = free_port()
        self._directory, self._programs = directory, programs
        self._names = (f"ledger{number}" for number in itertools.count(1))
        command = [
            *_as_owner(), str(programs / "postgres"), "-D", str(directory / "data"), "-p", str(self.port),
            "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={directory}",
        ]  # fmt: skip
        self._process = ServerProcess(command, directory / "postgres.log")

    def create(self) -> None:
        """Make the cluster."""
        password = self._directory / "password"
        password.write_text(ADMIN_PASSWORD)
        for path in (self._directory, password):
            os.chown(path, *_owner())
        command = [
            *_as_owner(), str(self._programs / "initdb"), "-D", str(self._directory / "data"), "-U", ADMIN,
            "-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8", "--locale=C", "--no-sync",
        ]  # fmt: skip
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    async def start(self) -> None:
        """Starts it and waits until it answers."""
        self._process.start()
        await self._process.answers(self._answers)

    async def stop(self) -> None:
        """Ends it in order, with all connections."""
        await self._end(signal.SIGINT)

    async def crash(self) -> None:
        """Ends it at once: the next start reads what its log holds. (kill -9 would leave its children.)"""
        await self._end(signal.SIGQUIT)

    def new_database(self) -> str:
        """The URL of an empty database, as an operator makes it for the ledger."""
        name = next(self._names)
        if not self.ask(f"SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}'"):
            self.do(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'")
        self.do(f"CREATE DATABASE {name} OWNER {ROLE}")
        url = URL.create("postgresql", ROLE, PASSWORD, "127.0.0.1", self.port, name)
        return url.render_as_string(hide_password=False)

    def do(self, statement: str, database: str = _MAINTENANCE) -> None:
        """As the superuser, outside transactions."""
        with self._admin(database) as connection:
            connection.execute(statement.encode())

    def ask(self, query: str, database: str = _MAINTENANCE) -> list[tuple[Any, ...]]:
        """The answer to the superuser."""
        with self._admin(database) as connection:
            return connection.execute(query.encode()).fetchall()

    def _admin(self, database: str) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=ADMIN, password=ADMIN_PASSWORD, dbname=database,
            autocommit=True,
        )  # fmt: skip

    async def _answers(self) -> bool:
        try:
            return await asyncio.to_thread(self.ask, "SELECT 1") == [(1,)]
        except psycopg.OperationalError:
            return False

    async def _end(self, number: signal.Signals) -> None:
        if self._process.running:
            self._process.send(number)
            await self._process.wait()


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A server for many tests: it outlives their event loops. Its directory is none of pytest's, which only
    root can enter when root runs the tests."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as directory:
        server = PostgresServer(Path(directory))
        server.create()
        try:
            asyncio.run(server.start())
            yield server
        finally:
            asyncio.run(server.crash())  # in order it would first flush every database to the disk


def _owner() -> tuple[int, int]:
    """User and group of the server: ours, for root those of the package."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    entry = pwd.getpwnam("postgres")
    return entry.pw_uid, entry.pw_gid


def _as_owner() -> list[str]:
    if os.geteuid() != 0:
        return []
    user, group = _owner()
    return ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"]
