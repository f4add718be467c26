"""Dash's special coinbase (DIP 4): its payload commits to the masternodes, here to nothing but the height."""

from __future__ import annotations

import struct

from nompcore.hashing import sha256d
from simcoind.reject import Reject
from simcoind.transaction import Transaction

SPECIAL_COINBASE_VERSION = 5 << 16 | 3
"""Version 3, and in the upper half type 5, a coinbase."""

_PAYLOAD_VERSION = 2


def coinbase_payload(height: int) -> bytes:
    """What the coinbase at a height must carry: version, height, and two roots; 70 bytes."""
    roots = (sha256d(name + struct.pack("<I", height)) for name in (b"masternodes", b"quorums"))
    return struct.pack("<HI", _PAYLOAD_VERSION, height) + b"".join(roots)


def check_payload(coinbase: Transaction, height: int) -> Reject | None:
    """Whether a coinbase is the special one that its height demands."""
    if coinbase.version != SPECIAL_COINBASE_VERSION:
        return Reject("bad-cbtx-type")
    return None if coinbase.tail == coinbase_payload(height) else Reject("bad-cbtx-payload")
