"""Found blocks as files, written before they are submitted: an operator can submit them by hand.

<directory>/<pool>/<height>-<hash>.hex        litecoin-cli submitblock $(cat <file>)
"""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path

from nompcore.messages import BlockFound
from services.jobmaker.metrics import BLOCKS_UNARCHIVED

log = logging.getLogger(__name__)

WRITE_SECONDS = 2.0
"""A disk that takes longer must not hold up the block."""

KEPT_BLOCKS = 1000
"""For each pool; beyond, the oldest go: some 4 GB of full blocks, or years of an ordinary pool's."""


class BlockArchive:
    """The archive below `directory`, which is made when the first block comes."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def keep(self, found: BlockFound, block_hex: str) -> None:
        """Returns when the block is on disk, or cannot be: that is told, but withholds no block."""
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await asyncio.to_thread(self._write, found, block_hex)
        except (OSError, TimeoutError) as error:
            BLOCKS_UNARCHIVED.labels(found.pool).inc()
            detail = str(error) or f"not written within {WRITE_SECONDS:g} s"
            log.error("a found block is not in the archive", extra={"pool": found.pool, "detail": detail})

    def path_of(self, found: BlockFound) -> Path:
        """Where a block is or would be."""
        return self._directory / found.pool / f"{found.height:09}-{found.block_hash_display}.hex"

    def _write(self, found: BlockFound, block_hex: str) -> None:
        path = self.path_of(found)
        if path.exists():  # submitted before
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".part")
        with partial.open("w") as file:
            file.write(f"{block_hex}\n")
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
        for oldest in sorted(path.parent.glob("*.hex"))[:-KEPT_BLOCKS]:
            oldest.unlink(missing_ok=True)
