"""Segregated-witness addresses as text: bech32 (BIP173) for version 0, bech32m (BIP350) for later ones."""

from __future__ import annotations

from collections.abc import Iterable

from nompcore.errors import AddressError

_CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32, _BECH32M = 1, 0x2BC830A3  # what a good checksum leaves
_CHECKSUM_SIZE = 6
_MAX_LENGTH = 90
_MAX_WITNESS_VERSION = 16


def _polymod(values: Iterable[int]) -> int:
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for bit, term in enumerate(_GENERATOR):
            if top >> bit & 1:
                checksum ^= term
    return checksum


def _expand(hrp: str) -> list[int]:
    return [ord(c) >> 5 for c in hrp] + [0] + [ord(c) & 31 for c in hrp]


def _checksum_constant(version: int) -> int:
    return _BECH32 if version == 0 else _BECH32M


def encode_segwit(hrp: str, version: int, program: bytes) -> str:
    """The address of a witness program; AddressError for a version or length that BIP141 does not know."""
    _check_program(version, program)
    data = [version, *_words(program)]
    polymod = _polymod([*_expand(hrp), *data, *[0] * _CHECKSUM_SIZE]) ^ _checksum_constant(version)
    data += [polymod >> 5 * (_CHECKSUM_SIZE - 1 - i) & 31 for i in range(_CHECKSUM_SIZE)]
    return hrp + "1" + "".join(_CHARSET[value] for value in data)


def decode_segwit(hrp: str, address: str) -> tuple[int, bytes]:
    """Witness version and program of an address with this prefix; AddressError for anything else."""
    data = _decode(hrp, address)
    if not data:
        raise AddressError("the address has no witness version")
    version, program = data[0], _bytes(data[1:])
    if _polymod([*_expand(hrp), *_values(address[len(hrp) + 1 :])]) != _checksum_constant(version):
        raise AddressError("the address has a wrong checksum")
    _check_program(version, program)
    return version, program


def _decode(hrp: str, address: str) -> list[int]:
    """The 5-bit values between prefix and checksum."""
    if address.lower() != address and address.upper() != address:
        raise AddressError("the address mixes upper and lower case")
    if len(address) > _MAX_LENGTH:
        raise AddressError(f"the address is longer than {_MAX_LENGTH} characters")
    if not address.lower().startswith(hrp + "1"):
        raise AddressError(f"the address does not begin with {hrp}1")
    values = _values(address[len(hrp) + 1 :])
    if len(values) < _CHECKSUM_SIZE:
        raise AddressError("the address is too short")
    return values[:-_CHECKSUM_SIZE]


def _values(text: str) -> list[int]:
    values = [_CHARSET.find(character) for character in text.lower()]
    if -1 in values:
        raise AddressError("the address has a character that bech32 does not use")
    return values


def _check_program(version: int, program: bytes) -> None:
    if not 0 <= version <= _MAX_WITNESS_VERSION:
        raise AddressError(f"witness version {version} does not exist")
    if not 2 <= len(program) <= 40:
        raise AddressError(f"a witness program has 2 to 40 bytes, not {len(program)}")
    if version == 0 and len(program) not in (20, 32):
        raise AddressError(f"a version 0 witness program has 20 or 32 bytes, not {len(program)}")


def _words(data: bytes) -> list[int]:
    """8-bit bytes as 5-bit values, zero-padded at the end."""
    padding = -len(data) * 8 % 5
    number, bits = int.from_bytes(data, "big") << padding, len(data) * 8 + padding
    return [number >> shift & 31 for shift in range(bits - 5, -1, -5)]


def _bytes(values: list[int]) -> bytes:
    """5-bit values as bytes; AddressError unless what is left over is fewer than 5 bits, all zero."""
    padding = len(values) * 5 % 8
    number = 0
    for value in values:
        number = number << 5 | value
    if padding >= 5 or number & (1 << padding) - 1:
        raise AddressError("the address has wrong padding")
    return (number >> padding).to_bytes(len(values) * 5 // 8, "big")
