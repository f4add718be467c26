"""Hash rates as text: NOMP's spelling for its API, a plainer one for people."""

from __future__ import annotations

# NOMP stops at PH and prints "undefined" beyond it; the larger units continue its series.
NOMP_UNITS = (" KH", " MH", " GH", " TH", " PH", " EH", " ZH")
UNITS = ("H/s", "kH/s", "MH/s", "GH/s", "TH/s", "PH/s", "EH/s", "ZH/s")
STEP = 1000.0


def nomp_hashrate_string(hashrate: float) -> str:
    """Hashes per second as NOMP writes them (spec 6.5): divided by 1000 at least once, two decimals.

    >>> nomp_hashrate_string(0), nomp_hashrate_string(1_500_000)
    ('0.00 KH', '1.50 MH')
    """
    value, unit = hashrate / STEP, 0
    while value > STEP and unit < len(NOMP_UNITS) - 1:
        value, unit = value / STEP, unit + 1
    return f"{value:.2f}{NOMP_UNITS[unit]}"


def hashrate_text(hashrate: float) -> str:
    """Hashes per second for people: three significant digits and the unit.

    >>> hashrate_text(0), hashrate_text(950), hashrate_text(1_234_567)
    ('0 H/s', '950 H/s', '1.23 MH/s')
    """
    value, unit = hashrate, 0
    while value >= STEP and unit < len(UNITS) - 1:
        value, unit = value / STEP, unit + 1
    digits = 0 if unit == 0 or value >= 100 else 1 if value >= 10 else 2
    return f"{value:.{digits}f} {UNITS[unit]}"
