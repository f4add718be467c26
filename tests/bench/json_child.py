"""A Python process that is told and tells JSON lines on its standard input and output."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.stratum_work import ROOT

HEARD_WITHIN_SECONDS = 60.0
ENDS_WITHIN_SECONDS = 20.0


class JsonChild:
    """A running child. What it prints to standard error is ours to see."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def hear(self) -> dict[str, Any]:
        """The next line it prints. AssertionError when it has ended, TimeoutError when it says nothing."""
        assert self._process.stdout
        line = await asyncio.wait_for(self._process.stdout.readline(), HEARD_WITHIN_SECONDS)
        assert line, f"process {self.pid} has ended"
        heard: dict[str, Any] = json.loads(line)
        return heard

    async def ask(self, command: dict[str, Any]) -> dict[str, Any]:
        """Tell it one line and hear one."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        return await self.hear()

    async def end(self) -> None:
        """End its input, which asks it to end, and wait."""
        assert self._process.stdin
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), ENDS_WITHIN_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
            raise


@asynccontextmanager
async def json_child(module: str, *arguments: str | int, niceness: int = 0) -> AsyncIterator[JsonChild]:
    """`python -m module arguments`, ended at the end. It gives way to others by `niceness`."""
    process = await asyncio.create_subprocess_exec(
        "nice", f"-n{niceness}", sys.executable, "-m", module, *map(str, arguments),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "libs"), str(ROOT)))},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    child = JsonChild(process)
    try:
        yield child
    finally:
        await child.end()
