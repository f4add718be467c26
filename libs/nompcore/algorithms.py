"""The algorithms that coin files name, and how each counts difficulty.

All take the 80 bytes of a header and give 32 bytes, whose little-endian number is compared with the target.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping

from nompcore.errors import CoinError, EncodingError

PowHash = Callable[[bytes], bytes]
"""80-byte header → 32-byte digest, whose little-endian number is compared with the target. EncodingError
for any other length."""

HEADER_SIZE = 80

SHA256, KECCAK = "sha256", "keccak"
SCRYPT, SCRYPT_OG, SCRYPT_N, SCRYPT_JANE = "scrypt", "scrypt-og", "scrypt-n", "scrypt-jane"

MULTIPLIERS: Mapping[str, int] = {
    SHA256: 1,
    SCRYPT: 65536,
    SCRYPT_OG: 65536,
    SCRYPT_N: 65536,
    SCRYPT_JANE: 65536,
    "sha1": 1,
    "x11": 1,
    "x13": 1,
    "x15": 1,
    "x16r": 256,
    "x16rv2": 256,
    "c11": 1,
    "nist5": 1,
    "quark": 1,
    "qubit": 1,
    KECCAK: 128,
    "blake": 1,
    "skein": 1,
    "groestl": 256,
    "groestlmyriad": 1,
    "fugue": 256,
    "shavite3": 1,
    "hefty1": 1,
    "heavy": 1,
    "blake2s": 1,
    "lyra2re": 128,
    "lyra2rev2": 256,
    "lyra2rev3": 256,
    "neoscrypt": 65536,
    "yescrypt": 65536,
    "yescryptR8": 65536,
    "yescryptR16": 65536,
    "yescryptR32": 65536,
    "yespower": 65536,
    "yespowerSUGAR": 65536,
    "yespowerTIDE": 65536,
    "yespowerR16": 65536,
}
"""Difficulty 1 is 2^32 / multiplier expected hashes.

The convention is the miners': a share's target is 0xffff·2^208 times this, divided by the difficulty that the
pool set. Nearly all figures were measured on the shares of real miners (tests/bench/real_miners.py). That of
groestl is ccminer's, sgminer's and cpuminer-multi's; cpuminer-opt has 1 and needs `-f 256`. No miner at hand
does sha1, fugue, hefty1 or today's heavy: their figures are NOMP's (spec 3.1) and their relatives'.
"""


def require_known(algorithm: str) -> None:
    """CoinError for a name that no coin file may use, with the nearest one that it may."""
    if algorithm in MULTIPLIERS:
        return
    nearest = difflib.get_close_matches(algorithm, MULTIPLIERS, n=1)
    hint = f"did you mean {nearest[0]!r}?" if nearest else f"known are {', '.join(MULTIPLIERS)}"
    raise CoinError(f"unknown algorithm {algorithm!r}, {hint}")


def difficulty_multiplier(algorithm: str) -> int:
    """How many times easier than Bitcoin's difficulty 1 this algorithm's is; CoinError if it is unknown."""
    require_known(algorithm)
    return MULTIPLIERS[algorithm]


def check_header(header: bytes) -> None:
    """EncodingError for anything that has not the size of a header."""
    if len(header) != HEADER_SIZE:
        raise EncodingError(f"a block header has {HEADER_SIZE} bytes, not {len(header)}")


def header_time(header: bytes) -> int:
    """The Unix time of a header."""
    return int.from_bytes(header[68:72], "little")
