"""Miners of a great pool: each with an address of its own and one rig. Pure, always the same ones."""

from __future__ import annotations

from hashlib import sha256

from nompcore.address import NetworkParams, encode_base58check, encode_segwit
from tests.stratum_work import coin

NETWORK_NAME = "regtest"


def network() -> NetworkParams:
    """The network of their addresses."""
    return coin("litecoin.json").networks[NETWORK_NAME]


def addresses(count: int) -> list[str]:
    """Distinct payout addresses, in turn of a public key's hash in base58 and of a witness program."""
    return [_address(number) for number in range(count)]


def worker_of(address: str) -> str:
    """The name under which its rig is authorized."""
    return f"{address}.rig"


def _address(number: int) -> str:
    hash160 = sha256(number.to_bytes(4, "big")).digest()[:20]
    params = network()
    if number % 2 == 0:
        return encode_base58check(params.pubkey_versions[0], hash160)
    assert params.bech32_hrp, "this network has witness programs"
    return encode_segwit(params.bech32_hrp, 0, hash160)
