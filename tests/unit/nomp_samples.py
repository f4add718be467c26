"""What NOMP leaves in Redis, as a reading, for the tests of moving in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nompcore.address import NetworkParams, encode_base58check, encode_segwit
from services.payouts.nomp_import.dialect import Dialect, Source
from services.payouts.nomp_import.plan import Options, Plan, make_plan
from services.payouts.nomp_import.reading import Reading

NETWORK = NetworkParams(pubkey_versions=(111,), script_versions=(58, 196), bech32_hrp="rltc")
DECIMALS = 8

LATER = Source(Dialect.LATER, "litecoin")
SEED = Source(Dialect.SEED, "Litecoin")

KEY = bytes(range(20)).hex()
"""A mining key, and below the address that it stands for."""

ALICE = encode_base58check(111, bytes.fromhex(KEY))
BOB = encode_segwit("rltc", 0, bytes(range(1, 21)))
CAROL = encode_base58check(196, bytes(range(2, 22)))


def redis_float(amount: float) -> str:
    """A float as Redis writes it after HINCRBYFLOAT: at most 17 decimals, no exponent."""
    return f"{amount:.17f}".rstrip("0").rstrip(".")


def nothing(source: Source = LATER, **changes: Any) -> Reading:
    """A reading without anything but the changes."""
    empty = Reading(
        source=source, balances={}, payouts={}, running={}, rounds={}, pending=(), confirmed=0, orphaned=0,
        kicked=0, stats={}, newest_share_s=None, payment_interrupted=False, unreadable=(), other_keys=(),
    )  # fmt: skip
    return replace(empty, **changes)


def plan_of(reading: Reading, **options: Any) -> Plan:
    """The plan of a reading on the samples' network."""
    return make_plan(reading, Options(**options), NETWORK, DECIMALS)


def member(number: int, height: int, *, reward: int | None = None) -> str:
    """A member of blocksPending; with a reward as the seed's generation wrote it."""
    text = f"{number:064x}:{number + 1000:064x}:{height}"
    return text if reward is None else f"{text}:{reward}"
