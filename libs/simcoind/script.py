"""What output scripts are, which address they belong to, and the height that a coinbase must begin with."""

from __future__ import annotations

from nompcore.address import NetworkParams, encode_base58check, encode_segwit
from simcoind.pubkey import is_pubkey_script, pubkey_hash, pubkey_of

PUBKEY = "pubkey"
PUBKEYHASH = "pubkeyhash"
SCRIPTHASH = "scripthash"
WITNESS_KEYHASH = "witness_v0_keyhash"
WITNESS_SCRIPTHASH = "witness_v0_scripthash"
TAPROOT = "witness_v1_taproot"
NULLDATA = "nulldata"
NONSTANDARD = "nonstandard"

OP_RETURN = 0x6A


def script_kind(script: bytes) -> str:
    """The reference node's name for a script's type."""
    if script[:1] == bytes([OP_RETURN]):
        return NULLDATA
    if is_pubkey_script(script):
        return PUBKEY
    if len(script) == 25 and script[:3] == b"\x76\xa9\x14" and script[23:] == b"\x88\xac":
        return PUBKEYHASH
    if len(script) == 23 and script[:2] == b"\xa9\x14" and script[22:] == b"\x87":
        return SCRIPTHASH
    programs = {
        (22, b"\x00\x14"): WITNESS_KEYHASH,
        (34, b"\x00\x20"): WITNESS_SCRIPTHASH,
        (34, b"\x51\x20"): TAPROOT,
    }
    return programs.get((len(script), script[:2]), NONSTANDARD)


def is_witness_program(script: bytes) -> bool:
    """Whether spending the script takes a witness."""
    return script_kind(script) in (WITNESS_KEYHASH, WITNESS_SCRIPTHASH, TAPROOT)


def is_unspendable(script: bytes) -> bool:
    """Whether no input can ever spend it, so that it is not kept."""
    return script_kind(script) == NULLDATA


def address_of(script: bytes, network: NetworkParams) -> str | None:
    """The address of a script, None for scripts without one. The last version byte is the newest."""
    kind = script_kind(script)
    if kind == PUBKEY:
        return encode_base58check(network.pubkey_versions[0], pubkey_hash(pubkey_of(script)))
    if kind == PUBKEYHASH:
        return encode_base58check(network.pubkey_versions[0], script[3:23])
    if kind == SCRIPTHASH:
        return encode_base58check(network.script_versions[0], script[2:22])
    if is_witness_program(script) and network.bech32_hrp:
        return encode_segwit(network.bech32_hrp, 0 if script[0] == 0 else 1, script[2:])
    return None


def height_push(height: int) -> bytes:
    """The script bytes that a coinbase at `height` must begin with (BIP 34).

    Written apart from `nompcore.encoding.push_int`, because it judges what that makes.
    """
    if height == 0:
        return b"\x00"
    if height <= 16:
        return bytes([0x50 + height])
    size = 1
    while height >= 1 << (8 * size - 1):  # the top bit of a script number is its sign
        size += 1
    return bytes([size]) + height.to_bytes(size, "little")
