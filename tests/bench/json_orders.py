"""The child's end of `json_child`: orders from standard input, until it ends."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from typing import Any


async def orders() -> AsyncIterator[dict[str, Any]]:
    """One JSON object a line."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


def tell(facts: Mapping[str, Any]) -> None:
    """Print one line for the parent."""
    print(json.dumps(facts), flush=True)
