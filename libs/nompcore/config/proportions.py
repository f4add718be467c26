"""Parts of a reward as exact integers: parts per million out of fractions and percentages as people write."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from nompcore.errors import EncodingError

PARTS_PER_MILLION = 10**6


def ppm_of_fraction(fraction: Decimal) -> int:
    """0.02 → 20000. Raises EncodingError beyond six decimals."""
    scaled = Fraction(fraction) * PARTS_PER_MILLION
    if scaled.denominator != 1:
        raise EncodingError(f"more than 6 decimals: {fraction}")
    return scaled.numerator


def ppm_of_percent(percent: Decimal) -> int:
    """1.5 percent → 15000. Raises EncodingError beyond four decimals."""
    scaled = Fraction(percent) * PARTS_PER_MILLION / 100
    if scaled.denominator != 1:
        raise EncodingError(f"more than 4 decimals: {percent}")
    return scaled.numerator
