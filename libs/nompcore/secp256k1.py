"""The curve of signatures, by libsecp256k1: keys and signatures as bytes, and whether one fits the other.

Nothing here raises on junk: what is no key or no signature fits nothing.
"""

from __future__ import annotations

from coincurve import PublicKey, PublicKeyXOnly

__all__ = ["ecdsa_fits", "recovered_key", "schnorr_fits"]


def recovered_key(compact: bytes, recovery_id: int, digest: bytes, *, compressed: bool) -> bytes | None:
    """The public key (33 or 65 bytes) behind a signature (r, s: 64 bytes) of 32 bytes; None without one."""
    try:
        key = PublicKey.from_signature_and_message(compact + bytes([recovery_id]), digest, hasher=None)
    except ValueError:
        return None
    return key.format(compressed=compressed)


def ecdsa_fits(public_key: bytes, der: bytes, digest: bytes) -> bool:
    """Whether a DER signature with a low s is the key's, of 32 bytes."""
    try:
        return PublicKey(public_key).verify(der, digest, hasher=None)
    except ValueError:
        return False


def schnorr_fits(x_only_key: bytes, signature: bytes, digest: bytes) -> bool:
    """Whether 64 bytes are the signature (BIP340) of a key of 32 bytes, of 32 bytes."""
    try:
        return PublicKeyXOnly(x_only_key).verify(signature, digest)
    except ValueError:
        return False
