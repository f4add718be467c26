"""The same pool and miners for thousands of inputs: what is held stays in bounds.

A failure here comes of all inputs since the pool began, so they are written down.
"""

from __future__ import annotations

import base64
from pathlib import Path

from tests.fuzz.fuzz_session import Pool

INPUTS_OF_A_POOL = 5000


class LongSession:
    """Keeps a pool from input to input."""

    def __init__(self, record: Path) -> None:
        self._record = record
        self._pool = Pool()
        self._inputs: list[bytes] = []

    def __call__(self, data: bytes) -> None:
        """One more input."""
        if len(self._inputs) == INPUTS_OF_A_POOL:
            self._pool, self._inputs = Pool(), []
        self._inputs.append(data)
        try:
            self._pool.play(data)
        except BaseException:
            self._record.write_bytes(b"".join(base64.b64encode(one) + b"\n" for one in self._inputs))
            raise
