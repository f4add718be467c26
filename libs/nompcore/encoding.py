"""Bytes as Bitcoin and stratum write them: varints, script pushes, hex, and the byte orders of a hash.

A hash has three written forms. `_le` is the internal one, as in headers and merkle trees. `_display` is the
reversed hex that people and daemons use. Stratum's prevhash is the internal form with each 32-bit word
byte-swapped.
"""

from __future__ import annotations

from nompcore.errors import EncodingError

HASH_SIZE = 32
_WORD_SIZE = 4
_MAX_DIRECT_PUSH = 75  # longer data needs OP_PUSHDATA1, which a 100-byte coinbase script has no use for


def varint(number: int) -> bytes:
    """Bitcoin's variable-length unsigned integer, 1 to 9 bytes; EncodingError outside 0..2^64-1."""
    if not 0 <= number < 1 << 64:
        raise EncodingError(f"{number} does not fit a varint")
    if number < 0xFD:
        return number.to_bytes(1, "little")
    if number <= 0xFFFF:
        return b"\xfd" + number.to_bytes(2, "little")
    if number <= 0xFFFFFFFF:
        return b"\xfe" + number.to_bytes(4, "little")
    return b"\xff" + number.to_bytes(8, "little")


def read_varint(data: bytes, offset: int = 0) -> tuple[int, int]:
    """The varint at `offset` and the offset after it; EncodingError where the data ends too early."""
    if offset >= len(data):
        raise EncodingError("data ends where a varint should start")
    first = data[offset]
    if first < 0xFD:
        return first, offset + 1
    end = offset + 1 + (2, 4, 8)[first - 0xFD]
    if end > len(data):
        raise EncodingError("data ends inside a varint")
    return int.from_bytes(data[offset + 1 : end], "little"), end


def push_data(data: bytes) -> bytes:
    """A script push of at most 75 bytes; nothing for no data."""
    if len(data) > _MAX_DIRECT_PUSH:
        raise EncodingError(f"{len(data)} bytes are too many for a direct push")
    return bytes([len(data)]) + data if data else b""


def push_int(number: int) -> bytes:
    """A script push of a number ≥ 0 as BIP34 wants a height: OP_0..OP_16, else minimal little-endian."""
    if number < 0:
        raise EncodingError(f"{number} is not a height")
    if number == 0:
        return b"\x00"
    if number <= 16:
        return bytes([0x50 + number])
    # One bit more than the number needs: the top bit of the last byte is the sign.
    return push_data(number.to_bytes(number.bit_length() // 8 + 1, "little"))


def hex_to_bytes(text: str, size: int | None = None) -> bytes:
    """Bytes of hex digits in either case, `size` bytes if given; EncodingError for anything else."""
    try:
        data = bytes.fromhex(text)
    except ValueError as error:
        raise EncodingError(f"not hex: {text[:80]!r}") from error
    if 2 * len(data) != len(text):  # fromhex skips white space
        raise EncodingError(f"not hex: {text[:80]!r}")
    if size is not None and len(data) != size:
        raise EncodingError(f"{len(data)} bytes of hex where {size} belong")
    return data


def display(hash_le: bytes) -> str:
    """A hash as people and daemons write it: reversed, hex."""
    return hash_le[::-1].hex()


def from_display(text: str) -> bytes:
    """The internal form of a 32-byte hash in display form."""
    return hex_to_bytes(text, HASH_SIZE)[::-1]


def _swap_words(data: bytes) -> bytes:
    return b"".join(data[at : at + _WORD_SIZE][::-1] for at in range(0, len(data), _WORD_SIZE))


def stratum_prevhash_hex(hash_display: str) -> str:
    """mining.notify's previous block hash: the internal one with each 32-bit word byte-swapped."""
    return _swap_words(from_display(hash_display)).hex()


def from_stratum_prevhash(prevhash_hex: str) -> bytes:
    """The internal form of a hash written as mining.notify writes it."""
    return _swap_words(hex_to_bytes(prevhash_hex, HASH_SIZE))
