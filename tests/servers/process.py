"""A server as a child process: started, waited for, stopped, killed; its output is shown when it fails."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from random import SystemRandom

STARTS_WITHIN_SECONDS = 30.0
STOPS_WITHIN_SECONDS = 60.0
"""litecoind waits 30 s for an idle HTTP connection that its client keeps."""


FIRST_PORT, PORTS_EACH = 12_000, 4_000
"""Of each process that runs tests. All below what Linux gives to outgoing connections, so that none of them
takes a port between the moment it is chosen and the one it is listened on."""

_given: set[int] = set()  # not yet listened on, perhaps


def free_port() -> int:
    """A TCP port that is free on every address; one that a connection had until a minute ago is not."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = FIRST_PORT + worker * PORTS_EACH
    while True:
        port = SystemRandom().randrange(first, first + PORTS_EACH)
        if port in _given and len(_given) < PORTS_EACH // 2:
            continue
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("0.0.0.0", port))
            _given.add(port)
            return port


async def wait_until(
    condition: Callable[[], bool] | Callable[[], Awaitable[bool]], *, seconds: float = 30.0, what: str = ""
) -> None:
    """Returns as soon as the condition holds; fails when it does not within a generous time."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                holds = condition()
                if await holds if isinstance(holds, Awaitable) else holds:
                    return
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {seconds} s: {what or condition}") from None


async def accepts(port: int) -> bool:
    """Whether something listens on the port."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


class ServerProcess:
    """One child process; `log_path` gets what it prints. Its environment is ours unless one is given."""

    def __init__(
        self, command: list[str], log_path: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.command = command
        self.log_path = log_path
        self.exit_code: int | None = None  # of the last process that ended
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id, while it runs."""
        assert self._process, f"{self.command[0]} was not started"
        return self._process.pid

    def start(self) -> None:
        """Starts the process; it need not answer yet."""
        with self.log_path.open("ab") as output:
            self._process = subprocess.Popen(
                self.command, stdout=output, stderr=subprocess.STDOUT, env=self._environment
            )

    async def answers(self, probe: Callable[[], Awaitable[bool]]) -> None:
        """Returns when the probe says so; fails with the process's output when it ends or takes too long."""

        async def answered_or_ended() -> bool:
            return not self.running or await probe()

        try:
            await wait_until(answered_or_ended, seconds=STARTS_WITHIN_SECONDS, what="server answers")
        finally:
            if not self.running:
                raise AssertionError(f"{self.command[0]} ended:\n{self.log_path.read_text(errors='replace')}")

    async def stop(self) -> None:
        """Asks it to end, and waits."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """Ends it at once, as a crash would."""
        await self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stops it where it is: its sockets stay open and nothing answers."""
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets it go on."""
        self.send(signal.SIGCONT)

    def send(self, number: signal.Signals) -> None:
        """Sends a signal."""
        if self._process is not None:
            self._process.send_signal(number)

    async def wait(self) -> int:
        """Waits until it ends by itself; returns its exit code."""
        if self._process is None:
            raise AssertionError(f"{self.command[0]} was not started")
        try:
            self.exit_code = await asyncio.to_thread(self._process.wait, STOPS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.exit_code = await asyncio.to_thread(self._process.wait)
            output = self.log_path.read_text(errors="replace")
            raise AssertionError(f"{self.command[0]} did not end:\n{output}") from None
        finally:
            self._process = None
        return self.exit_code

    async def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self.thaw()
        self.send(number)
        await self.wait()
