"""How long a block takes on average. Pure."""

from __future__ import annotations

HASHES_OF_DIFFICULTY_1 = 2**32


def seconds_to_block(difficulty: float, multiplier: int, hashrate: float) -> float | None:
    """Expected time to a block at a hashrate; `difficulty` in the unit of shares. None: never, or not known.

    >>> seconds_to_block(1.0, 1, 2**32 / 60)
    60.0
    """
    if difficulty <= 0 or hashrate <= 0:
        return None
    return difficulty * HASHES_OF_DIFFICULTY_1 / multiplier / hashrate
