"""CashAddr, the text form that Bitcoin Cash and eCash give to P2PKH and P2SH addresses.

A prefix that names the network, a colon, and in the alphabet of bech32 a byte that tells kind and length, the
hash, and a checksum of 40 bits over all of it. People leave the prefix out where it is clear.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from nompcore.errors import AddressError

_CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x98F2BC8E61, 0x79B76D99E2, 0xF33E5FB3C4, 0xAE2EABE2A8, 0x1E4F43E470)
_CHECKSUM_SIZE = 8
_HASH_SIZE = 20
_DATA_SIZE = 34  # 5-bit values of one byte of kind and length and the hash, padded with two zero bits
_PAYLOAD_SIZE = _DATA_SIZE + _CHECKSUM_SIZE
_PADDING_BITS = 5 * _DATA_SIZE - 8 * (1 + _HASH_SIZE)


class CashAddrKind(IntEnum):
    """What the hash is of: bits 3 to 6 of the version byte, whose low bits, 0, stand for 20 bytes."""

    P2PKH = 0
    P2SH = 1


def encode_cashaddr(prefix: str, kind: CashAddrKind, hash160: bytes) -> str:
    """The address of a 20-byte hash, with its prefix; AddressError for another length."""
    if len(hash160) != _HASH_SIZE:
        raise AddressError(f"the address holds {len(hash160)} bytes where {_HASH_SIZE} belong")
    data = _quintets(int.from_bytes(bytes([kind << 3]) + hash160, "big") << _PADDING_BITS, _DATA_SIZE)
    checksum = _quintets(_polymod([*_expand(prefix), *data, *[0] * _CHECKSUM_SIZE]), _CHECKSUM_SIZE)
    return f"{prefix}:" + "".join(_CHARSET[value] for value in [*data, *checksum])


def decode_cashaddr(prefix: str, address: str) -> tuple[CashAddrKind, bytes]:
    """Kind and hash of an address with this prefix, written or left out; AddressError for anything else."""
    values = _values(_payload(prefix, address))
    if _polymod([*_expand(prefix), *values]) != 0:
        raise AddressError("the address has a wrong checksum")
    number = 0
    for value in values[:_DATA_SIZE]:
        number = number << 5 | value
    if number & (1 << _PADDING_BITS) - 1:
        raise AddressError("the address has wrong padding")
    version, *hash160 = (number >> _PADDING_BITS).to_bytes(1 + _HASH_SIZE, "big")
    if version not in (CashAddrKind.P2PKH << 3, CashAddrKind.P2SH << 3):
        raise AddressError(f"CashAddr version {version} is not supported")
    return CashAddrKind(version >> 3), bytes(hash160)


def _payload(prefix: str, address: str) -> str:
    """What follows the prefix, in lower case."""
    if address.lower() != address and address.upper() != address:
        raise AddressError("the address mixes upper and lower case")
    written, colon, payload = address.rpartition(":")
    if colon and written.lower() != prefix:
        raise AddressError(f"the address is of another coin or network, its prefix is not {prefix}")
    if len(payload) != _PAYLOAD_SIZE:
        raise AddressError(f"the address has {len(payload)} characters where {_PAYLOAD_SIZE} belong")
    return payload.lower() if payload.isascii() else payload  # the Kelvin sign would become a k


def _values(text: str) -> list[int]:
    values = [_CHARSET.find(character) for character in text]
    if -1 in values:
        raise AddressError("the address has a character that CashAddr does not use")
    return values


def _expand(prefix: str) -> list[int]:
    return [ord(character) & 31 for character in prefix] + [0]


def _quintets(number: int, count: int) -> list[int]:
    """A number as that many 5-bit values, the highest first."""
    return [number >> 5 * place & 31 for place in range(count - 1, -1, -1)]


def _polymod(values: Iterable[int]) -> int:
    """The checksum of 5-bit values; 0 over values that end with their own checksum."""
    checksum = 1
    for value in values:
        top = checksum >> 35
        checksum = (checksum & 0x7FFFFFFFF) << 5 ^ value
        for bit, term in enumerate(_GENERATOR):
            if top >> bit & 1:
                checksum ^= term
    return checksum ^ 1
