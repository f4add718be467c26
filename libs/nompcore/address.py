"""Addresses and the output scripts they stand for: base58check (P2PKH, P2SH), CashAddr, segregated witness.

The version bytes and the bech32 prefix are checked against the coin's network, so an address of another coin
or network is refused wherever its text tells. It cannot tell for coins that share version bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

from nompcore.bech32 import decode_segwit, encode_segwit
from nompcore.cashaddr import CashAddrKind, decode_cashaddr, encode_cashaddr
from nompcore.errors import AddressError
from nompcore.hashing import sha256d

__all__ = [
    "NetworkParams",
    "address_for",
    "decode_base58check",
    "encode_base58check",
    "encode_segwit",
    "p2pkh_script",
    "p2sh_script",
    "script_for",
    "segwit_script",
]

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_MAX_BASE58_LENGTH = 40  # 25 bytes take at most 35 characters; longer text is not worth big-number work
_CHECKSUM_SIZE = 4
_HASH160_SIZE = 20
_MWEB_PREFIXES = ("ltcmweb1", "tmweb1")
_PAYABLE_PROGRAMS = ((0, 20), (0, 32), (1, 32))
"""(witness version, program length) of P2WPKH, P2WSH (BIP141) and taproot (BIP341). Anything else is
spendable by anyone or by nobody today, so it is refused."""


@dataclass(frozen=True, slots=True)
class NetworkParams:
    """What addresses of one network of a coin begin with; of several version bytes the first is written.

    `bech32_hrp` is None without segregated witness, `cashaddr_prefix` where CashAddr is not known.
    """

    pubkey_versions: tuple[int, ...]
    script_versions: tuple[int, ...]
    bech32_hrp: str | None = None
    cashaddr_prefix: str | None = None


def script_for(address: str, network: NetworkParams) -> bytes:
    """The output script that pays an address; AddressError when it is not a payable one of this network."""
    lowered = address.lower()
    if lowered.startswith(_MWEB_PREFIXES):
        raise AddressError("MWEB addresses cannot be paid by a block reward; use an address outside MWEB")
    if network.cashaddr_prefix and (":" in address or len(address) > _MAX_BASE58_LENGTH):
        return _cashaddr_script(network.cashaddr_prefix, address)
    if ":" in address:
        raise AddressError("addresses with a prefix and a colon are not supported; use the legacy form")
    if network.bech32_hrp and lowered.startswith(network.bech32_hrp + "1"):
        return _witness_script(network.bech32_hrp, address)
    return _base58_script(address, network)


def address_for(script: bytes, network: NetworkParams) -> str:
    """The address of an output script, as the coin's own wallet writes it; AddressError for other scripts."""
    if script == p2pkh_script(script[3:23]):
        return _hash_address(CashAddrKind.P2PKH, script[3:23], network)
    if network.script_versions and script == p2sh_script(script[2:22]):
        return _hash_address(CashAddrKind.P2SH, script[2:22], network)
    for version, size in _PAYABLE_PROGRAMS:
        if network.bech32_hrp and len(script) == 2 + size and script == segwit_script(version, script[2:]):
            return encode_segwit(network.bech32_hrp, version, script[2:])
    raise AddressError(f"the script {script.hex()} has no address on this network")


def _hash_address(kind: CashAddrKind, hash160: bytes, network: NetworkParams) -> str:
    if network.cashaddr_prefix:
        return encode_cashaddr(network.cashaddr_prefix, kind, hash160)
    versions = network.pubkey_versions if kind == CashAddrKind.P2PKH else network.script_versions
    return encode_base58check(versions[0], hash160)


def _cashaddr_script(prefix: str, address: str) -> bytes:
    kind, hash160 = decode_cashaddr(prefix, address)
    return p2pkh_script(hash160) if kind == CashAddrKind.P2PKH else p2sh_script(hash160)


def _witness_script(hrp: str, address: str) -> bytes:
    if not address.isascii():  # the Kelvin sign would become a k
        raise AddressError("the address has a character that bech32 does not use")
    version, program = decode_segwit(hrp, address)
    if (version, len(program)) not in _PAYABLE_PROGRAMS:
        raise AddressError(f"witness version {version} with {len(program)} bytes is not supported")
    return segwit_script(version, program)


def _base58_script(address: str, network: NetworkParams) -> bytes:
    version, payload = decode_base58check(address)
    if len(payload) != _HASH160_SIZE:
        raise AddressError(f"the address holds {len(payload)} bytes where {_HASH160_SIZE} belong")
    if version in network.pubkey_versions:
        return p2pkh_script(payload)
    if version in network.script_versions:
        return p2sh_script(payload)
    raise AddressError(f"the address is of another coin or network (version {version})")


def p2pkh_script(pubkey_hash160: bytes) -> bytes:
    """Pay to the hash of a public key: DUP HASH160 <20 bytes> EQUALVERIFY CHECKSIG."""
    return b"\x76\xa9\x14" + pubkey_hash160 + b"\x88\xac"


def p2sh_script(script_hash160: bytes) -> bytes:
    """Pay to the hash of a script (BIP16): HASH160 <20 bytes> EQUAL."""
    return b"\xa9\x14" + script_hash160 + b"\x87"


def segwit_script(version: int, program: bytes) -> bytes:
    """Pay to a witness program (BIP141): the version as OP_0..OP_16, the program pushed."""
    return bytes([0x50 + version if version else 0, len(program)]) + program


def encode_base58check(version: int, payload: bytes) -> str:
    """A version byte and its payload as text with a checksum."""
    data = bytes([version]) + payload
    data += sha256d(data)[:_CHECKSUM_SIZE]
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = _BASE58[digit] + text
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "1" * zeros + text


def decode_base58check(text: str) -> tuple[int, bytes]:
    """Version byte and payload of base58 text; AddressError for other characters or a wrong checksum."""
    if len(text) > _MAX_BASE58_LENGTH:
        raise AddressError("the address is too long for base58 and no bech32 address of this network")
    number = 0
    for character in text:
        digit = _BASE58.find(character)
        if digit < 0:
            raise AddressError(f"the address has a character that base58 does not use: {character!r}")
        number = number * 58 + digit
    zeros = len(text) - len(text.lstrip("1"))
    data = bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
    body, checksum = data[:-_CHECKSUM_SIZE], data[-_CHECKSUM_SIZE:]
    if not body or sha256d(body)[:_CHECKSUM_SIZE] != checksum:
        raise AddressError("the address has a wrong checksum")
    return body[0], body[1:]
