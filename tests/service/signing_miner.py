"""A miner with a wallet: an address of the samples' pool, and what the wallet signs."""

from __future__ import annotations

import base64

from coincurve import PrivateKey

from nompcore.address import encode_base58check
from nompcore.ripemd160 import hash160
from nompcore.signed_message import message_digest
from tests.unit import api_samples as samples

KEY = PrivateKey(b"\x07" * 32)
ADDRESS = encode_base58check(48, hash160(KEY.public_key.format()))
PATH = f"/api/v1/pools/{samples.POOL}/miners/{ADDRESS}"

MAGIC = "Litecoin Signed Message:\n"


def signature(text: str, key: PrivateKey = KEY) -> str:
    """What a wallet's `signmessage` gives."""
    raw = key.sign_recoverable(message_digest(text, MAGIC), hasher=None)
    return base64.b64encode(bytes([31 + raw[64]]) + raw[:64]).decode()
