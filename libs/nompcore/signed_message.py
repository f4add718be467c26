"""A text signed with the key of an address, as wallets do it: who can spend from the address has signed.

Two forms: `signmessage`'s, 65 bytes from which the key is recovered, and BIP322's. The first byte of the old
form also tells the kind of address (BIP137); wallets that only know the old kinds give the byte of a
compressed key for every kind, so the address decides which script the key has to belong to.
"""

from __future__ import annotations

import base64
import binascii
import re
from enum import Enum

from nompcore.address import NetworkParams, p2pkh_script, p2sh_script, script_for, segwit_script
from nompcore.bip322 import fits_simple
from nompcore.encoding import varint
from nompcore.errors import AddressError
from nompcore.hashing import sha256d
from nompcore.ripemd160 import hash160
from nompcore.secp256k1 import recovered_key

__all__ = ["Verdict", "check_signature", "message_digest"]

MAX_SIGNATURE = 400
_SIZE = 65
_BIP322_PREFIX = "smp"

# First bytes: 27 to 30 uncompressed, 31 to 34 compressed, 35 to 38 P2SH around P2WPKH, 39 to 42 P2WPKH.
_FIRST, _COMPRESSED, _NESTED, _WITNESS, _END = 27, 31, 35, 39, 43


class Verdict(Enum):
    """What became of a check; the value says it in words."""

    GENUINE = "the signature is genuine"
    NO_ADDRESS = "this is not an address of the coin"
    CANNOT_SIGN = "an address of this kind has no key that could sign; use one that begins with a key"
    NO_BASE64 = "the signature is not base64 text"
    NO_SIGNATURE = "this is no signature of a kind that is known: signmessage's or BIP322 simple"
    OTHER = "the signature is of another text, or made with the key of another address"


def check_signature(address: str, text: str, signature: str, network: NetworkParams, magic: str) -> Verdict:
    """Whether `signature` is the address's of `text`; `magic` is what the coin's wallets put before it.

    Never raises, whatever it is given.
    """
    try:
        script = script_for(address, network)
    except AddressError:
        return Verdict.NO_ADDRESS
    raw = _decoded(signature)
    if raw is None:
        return Verdict.NO_BASE64
    if len(raw) == _SIZE and _FIRST <= raw[0] < _END:
        return _check_recoverable(script, raw, message_digest(text, magic))
    if _kind_of(script) not in _BY_WITNESS:
        return _refused(script)
    return Verdict.GENUINE if fits_simple(script, text, raw) else Verdict.OTHER


def message_digest(text: str, magic: str) -> bytes:
    """The 32 bytes that `signmessage` signs."""
    return sha256d(b"".join(varint(len(part)) + part for part in (magic.encode(), _bytes(text))))


def _decoded(signature: str) -> bytes | None:
    compact = re.sub(r"\s", "", signature[: 2 * MAX_SIGNATURE]).removeprefix(_BIP322_PREFIX)
    if not compact or len(compact) > MAX_SIGNATURE:
        return None
    try:
        return base64.b64decode(compact, validate=True)
    except (binascii.Error, ValueError):
        return None


def _check_recoverable(script: bytes, raw: bytes, digest: bytes) -> Verdict:
    if _kind_of(script) not in _BY_RECOVERY:
        return _refused(script)
    recovery_id = (raw[0] - _FIRST) % 4
    kind = raw[0] - recovery_id
    key = recovered_key(raw[1:], recovery_id, digest, compressed=kind != _FIRST)
    if key is None:
        return Verdict.NO_SIGNATURE
    return Verdict.GENUINE if script in _scripts_of(kind, hash160(key)) else Verdict.OTHER


def _scripts_of(kind: int, key_hash: bytes) -> tuple[bytes, ...]:
    """The output scripts that a first byte may mean."""
    plain, witness = p2pkh_script(key_hash), segwit_script(0, key_hash)
    nested = p2sh_script(hash160(witness))
    meant = {
        _FIRST: (plain,),
        _COMPRESSED: (plain, nested, witness),
        _NESTED: (nested,),
        _WITNESS: (witness,),
    }
    return meant[kind]


def _kind_of(script: bytes) -> tuple[int, int]:
    """Length and first byte tell the scripts of addresses apart."""
    return len(script), script[0]


_BY_RECOVERY = ((25, 0x76), (23, 0xA9), (22, 0x00))  # P2PKH, P2SH, P2WPKH
_BY_WITNESS = ((22, 0x00), (34, 0x51))  # P2WPKH, taproot


def _refused(script: bytes) -> Verdict:
    is_of_a_key = _kind_of(script) in (*_BY_RECOVERY, *_BY_WITNESS)
    return Verdict.NO_SIGNATURE if is_of_a_key else Verdict.CANNOT_SIGN


def _bytes(text: str) -> bytes:
    """Half a surrogate pair is no character: what holds one was signed by nobody."""
    return text.encode("utf-8", "surrogatepass")
