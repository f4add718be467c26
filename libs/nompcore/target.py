"""Targets, their compact form (nbits), difficulty and work.

A target is an integer: a hash meets it when its little-endian number is at or below it. Difficulty is a float
for people and for mining.set_difficulty; it never decides anything before it became a target, exactly.
"""

from __future__ import annotations

import math

from nompcore.errors import EncodingError

DIFF1 = 0xFFFF << 208
"""The target of difficulty 1 for an algorithm with multiplier 1."""

MAX_TARGET = (1 << 256) - 1

WORK_PER_DIFFICULTY = 2**32
"""Work units per difficulty 1: fine enough for difficulties down to 2^-32, and an exact float product."""

_NEGATIVE = 0x00800000
_MANTISSA = 0x007FFFFF


def target_from_nbits(nbits: int) -> int:
    """The target of a compact number, by Bitcoin's rules; EncodingError if negative, zero or too large."""
    exponent, mantissa = nbits >> 24, nbits & _MANTISSA
    shift = 8 * (exponent - 3)
    target = mantissa << shift if shift >= 0 else mantissa >> -shift
    if not 0 <= nbits <= 0xFFFFFFFF or (mantissa and nbits & _NEGATIVE):
        raise EncodingError(f"nbits {nbits:08x} is a negative target")
    if target > MAX_TARGET:
        raise EncodingError(f"nbits {nbits:08x} is a target above 256 bits")
    if target == 0:
        raise EncodingError(f"nbits {nbits:08x} is a zero target")
    return target


def nbits_from_target(target: int) -> int:
    """The compact number nearest below a target of 1..2^256-1, which is what consensus stores."""
    if not 0 < target <= MAX_TARGET:
        raise EncodingError("a target has 1 to 256 bits")
    exponent = (target.bit_length() + 7) // 8
    shift = 8 * (exponent - 3)
    mantissa = target >> shift if shift >= 0 else target << -shift
    if mantissa & _NEGATIVE:  # the mantissa's top bit is a sign
        mantissa >>= 8
        exponent += 1
    return exponent << 24 | mantissa


def target_from_difficulty(difficulty: float, multiplier: int) -> int:
    """The target of a difficulty: the exact quotient, rounded down. EncodingError unless finite and > 0."""
    if not (math.isfinite(difficulty) and difficulty > 0):
        raise EncodingError(f"{difficulty} is not a difficulty")
    numerator, denominator = difficulty.as_integer_ratio()
    return min(MAX_TARGET, DIFF1 * multiplier * denominator // numerator)


def difficulty_from_target(target: int, multiplier: int) -> float:
    """The difficulty of a target, or that a hash reached; for display. A zero hash counts as 1."""
    return DIFF1 * multiplier / max(target, 1)


def work_from_difficulty(difficulty: float) -> int:
    """The integer weight of a share of this difficulty, at least 1: tallies add it, rewards divide by it."""
    if not (math.isfinite(difficulty) and difficulty > 0):
        raise EncodingError(f"{difficulty} is not a difficulty")
    return max(1, round(difficulty * WORK_PER_DIFFICULTY))
