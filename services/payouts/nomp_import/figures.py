"""The numbers in NOMP's Redis, from text. Strict and pure: what is not as NOMP writes it is no number.

Amounts are exact decimals until they are rounded, once, to the coin's smallest unit: half to even. A float's
text such as 0.30000000000000004 becomes 0.3; the differences are added up in the report.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, InvalidOperation, Overflow
from typing import Final

from nompcore.amounts import sats_from_coins
from nompcore.errors import NompError
from nompcore.target import work_from_difficulty

MAX_SATS: Final = 2**63 - 1
"""What the ledger can hold."""

MAX_DIFFICULTY: Final = 1e18
"""Above every network's difficulty times every round's length."""

# The numbers below have at most 60 digits, and exponents of two digits: sums of them need no rounding.
EXACT: Final = Context(prec=400, traps=[Inexact, InvalidOperation, Overflow])
_ROUNDING: Final = Context(prec=400, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, Overflow])

_NUMBER: Final = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?\Z")
_INTEGER: Final = re.compile(r"-?[0-9]{1,30}\Z")
_HASH: Final = re.compile(r"[0-9a-f]{64}\Z")
_HEIGHT: Final = re.compile(r"[0-9]{1,10}\Z")


class NotReadable(NompError):  # noqa: N818 - a verdict on a text
    """The text is not what NOMP writes; says why."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that was left out, and why."""

    where: str  # Redis key
    what: str  # field or member
    why: str


@dataclass(frozen=True, slots=True)
class PendingBlock:
    """A block that NOMP still waited for. `reward_sats` is 0 where it is not told."""

    block_hash: str
    coinbase_txid: str
    height: int
    reward_sats: int


def coins(text: str) -> Decimal:
    """An amount of coins as written; may be negative."""
    if not _NUMBER.match(text):
        raise NotReadable(f"not a number: {text}")
    return EXACT.create_decimal(text)


def coins_of_satoshis(text: str, decimals: int) -> Decimal:
    """An amount in the coin's smallest unit."""
    if not _INTEGER.match(text):
        raise NotReadable(f"not a whole number of satoshis: {text}")
    return EXACT.scaleb(EXACT.create_decimal(text), -decimals)


def rounded_sats(amount: Decimal, decimals: int) -> int:
    """The nearest smallest units, half to even."""
    sats = sats_from_coins(_ROUNDING.quantize(amount, Decimal(1).scaleb(-decimals)), decimals)
    if abs(sats) > MAX_SATS:
        raise NotReadable(f"more than the ledger can hold: {amount}")
    return sats


def work(text: str) -> int:
    """The integer weight of a sum of share difficulties; 0 for none."""
    if not _NUMBER.match(text) or not 0 <= float(text) <= MAX_DIFFICULTY:
        raise NotReadable(f"not a difficulty: {text}")
    return work_from_difficulty(float(text)) if float(text) else 0


def pending_block(member: str, *, has_reward: bool) -> PendingBlock:
    """A member of blocksPending; `has_reward` where a fourth field must tell the reward."""
    fields = member.split(":")
    if len(fields) != 3 + has_reward:
        raise NotReadable(f"{len(fields)} fields where {3 + has_reward} belong")
    block_hash, txid, height = fields[:3]
    if not _HASH.match(block_hash) or not _HASH.match(txid):
        raise NotReadable("a block or transaction hash has 64 lower-case hex digits")
    if not _HEIGHT.match(height):
        raise NotReadable(f"not a height: {height}")
    return PendingBlock(block_hash, txid, int(height), _reward_sats(fields[3]) if has_reward else 0)


def _reward_sats(text: str) -> int:
    if not _INTEGER.match(text) or not 0 < int(text) <= MAX_SATS:
        raise NotReadable(f"not a reward in satoshis: {text}")
    return int(text)
