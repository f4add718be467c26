"""How scrypt's N grows with the time of a block: scrypt-n by a table, scrypt-jane by a formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nompcore.errors import CoinError

NSchedule = Callable[[int], int]
"""Unix time of a block → N for scrypt-n, N factor for scrypt-jane."""

VERTCOINS_TIMES: Mapping[int, int] = {
    2048: 1389306217,
    4096: 1456415081,
    8192: 1506746729,
    16384: 1557078377,
    32768: 1657741673,
    65536: 1859068265,
    131072: 2060394857,
    262144: 2463048041,
    524288: 2999918953,
}
"""N → since when, as Vertcoin's wallet computed it. NOMP's table of this has the last two out of order."""

YACOINS_START = 1367991200
MIN_FACTOR, MAX_FACTOR = 4, 30

_MAX_TABLE_N = 1 << 21  # 256 MB a hash


def n_by_table(times: Mapping[int, int]) -> NSchedule:
    """The largest N whose time has come, the smallest before any has. CoinError for a table without sense."""
    if not times:
        raise CoinError("timeTable has no row")
    for n in times:
        if n < 2 or n & (n - 1) or n > _MAX_TABLE_N:
            raise CoinError(f"timeTable: N is a power of two from 2 to {_MAX_TABLE_N}, not {n}")

    def n_at(time: int) -> int:
        return max((n for n, since in times.items() if since <= time), default=min(times))

    return n_at


def read_time_table(table: Mapping[str, int]) -> dict[int, int]:
    """A coin file's `timeTable`, whose keys are text. CoinError for a key that is no number."""
    try:
        return {int(n): since for n, since in table.items()}
    except ValueError as error:
        raise CoinError(f"timeTable: {error}") from error


def n_by_formula(
    start: int = YACOINS_START, lowest: int = MIN_FACTOR, highest: int = MAX_FACTOR
) -> NSchedule:
    """scrypt-jane's N factor, N = 2^(factor + 1); up to the chain's start it is 4 whatever `lowest` is."""
    if lowest > highest:
        raise CoinError(f"nMin is {lowest}, above nMax, which is {highest}")

    def factor_at(time: int) -> int:
        if time <= start:
            return MIN_FACTOR
        return min(max(_factor(time - start), lowest), highest)

    return factor_at


def _factor(seconds: int) -> int:
    """From the place of the highest bit of the chain's age and the two bits below it."""
    halvings = max(0, seconds.bit_length() - 3)
    mantissa = seconds >> halvings & 3
    return max(0, (170 * halvings + 25 * mantissa - 2320)) // 100
