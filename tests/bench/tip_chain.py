"""The chain of the benchmark's daemon: one block after the other, the next one always ready beforehand."""

from __future__ import annotations

import itertools
import struct
import time
from dataclasses import dataclass
from random import Random

from nompcore.encoding import display, from_display
from nompcore.hashing import sha256d
from tests.bench.tip_template import NBITS, VERSION, Payload, Place, make_payload, template_json

START_HEIGHT = 900_000

PAYLOADS = 2
"""Sets of transactions that take turns: with the same ones again, jobmaker would have nothing to store."""


@dataclass(frozen=True, slots=True)
class TipBlock:
    """A block, and the JSON of the template that builds on it, in parts."""

    header: bytes
    hash_display: str  # of the header; it does not meet the target
    height: int
    time_seconds: int
    longpollid: str  # empty where there are no long polls
    template: tuple[bytes, ...]


class TipChain:
    """`tip` is what the daemon tells; templates have a longpollid only where it answers long polls."""

    def __init__(self, *, has_long_polls: bool, seed: int = 1) -> None:
        self._random = Random(seed)
        self._has_long_polls = has_long_polls
        self._payloads = itertools.cycle([make_payload(self._random) for _ in range(PAYLOADS)])
        self.tip = self._block(bytes(32), START_HEIGHT)
        self._next = self._after(self.tip)

    def advance(self) -> int:
        """Make the next block the tip; tells when, in nanoseconds of the monotonic clock of all processes."""
        self.tip, changed_ns = self._next, time.monotonic_ns()
        return changed_ns

    def prepare(self) -> None:
        """Make the block after the tip. Takes milliseconds, so it is done when nobody waits."""
        self._next = self._after(self.tip)

    def _after(self, block: TipBlock) -> TipBlock:
        return self._block(from_display(block.hash_display), block.height + 1)

    def _block(self, prevhash_le: bytes, height: int) -> TipBlock:
        now = int(time.time())
        root, nonce = self._random.randbytes(32), self._random.getrandbits(32)
        header = struct.pack("<i32s32sIII", VERSION, prevhash_le, root, now, NBITS, nonce)
        hash_display = display(sha256d(header))
        longpollid = f"{hash_display}1" if self._has_long_polls else ""
        payload: Payload = next(self._payloads)
        template = template_json(payload, Place(hash_display, height + 1, now), longpollid)
        return TipBlock(header, hash_display, height, now, longpollid, template)
