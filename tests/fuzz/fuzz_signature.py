"""Any text and signature for an address, and any address: a verdict, genuine for a signed text only.

An input's first byte chooses the address, a last one (with 0xff) what stands in the first line; else that is
the text. The second byte says whether the rest is base64 or the bytes that it would stand for.
"""

from __future__ import annotations

import base64

from nompcore.signed_message import Verdict, check_signature
from tests.unit.chain_samples import coin, vectors

COIN = coin("bitcoin.json")
NETWORK = COIN.networks["main"]
VECTORS = vectors("signed_messages.json")
SIGNED = frozenset(
    (sample["address"], sample["text"])
    for kind in ("recoverable", "bip322")
    for sample in VECTORS[kind]
    if sample.get("coin", "bitcoin.json") == "bitcoin.json"
)
ADDRESSES = sorted({address for address, _ in SIGNED})
ANY_ADDRESS, AS_BYTES = 0xFF, 1


def check_verdict(data: bytes) -> None:
    """Check one signature."""
    if len(data) < 2:
        return
    first, _, rest = data[2:].partition(b"\n")
    address, text = ADDRESSES[data[0] % len(ADDRESSES)], first.decode("utf-8", "surrogateescape")
    if data[0] == ANY_ADDRESS:
        address, text = text, ""
    is_bytes = data[1] & AS_BYTES
    signature = base64.b64encode(rest).decode() if is_bytes else rest.decode("utf-8", "surrogateescape")
    verdict = check_signature(address, text, signature, NETWORK, COIN.message_magic)
    assert type(verdict) is Verdict
    assert verdict is not Verdict.GENUINE or (address, text) in SIGNED
