"""Running a command for each new tip, as -blocknotify of coin daemons does."""

from __future__ import annotations

import asyncio
import logging

log = logging.getLogger(__name__)

MAX_WAITING = 1_000
COMMAND_SECONDS = 30
"""A command that runs longer is killed: the next tip waits for it."""


class BlockNotify:
    """Commands for tips, one after another, in the order of the tips. An empty command is none."""

    def __init__(self, command: str) -> None:
        self._command = command
        self._tips: asyncio.Queue[str] = asyncio.Queue(MAX_WAITING)
        self.dropped = 0  # tips that came while a thousand others waited

    def announce(self, block_hash_display: str) -> None:
        """Have the command run for a tip."""
        if not self._command:
            return
        if self._tips.full():
            self.dropped += 1
            log.warning("tip without notification", extra={"dropped": self.dropped})
            return
        self._tips.put_nowait(block_hash_display)

    async def run(self) -> None:
        """Run commands for ever."""
        while True:
            block_hash_display = await self._tips.get()
            process = await asyncio.create_subprocess_shell(self._command.replace("%s", block_hash_display))
            try:
                async with asyncio.timeout(COMMAND_SECONDS):
                    code = await process.wait()
                if code:
                    log.warning("notification failed", extra={"code": code})
            except TimeoutError:
                log.warning("notification took too long")
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
