"""What changed in NOMP's Redis between two readings, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from services.payouts.nomp_import import dialect
from services.payouts.nomp_import.reading import Reading


def differences(before: Reading, after: Reading) -> list[str]:
    """One line for every change that tells of another state; the age of the newest share does not."""
    found = [
        *_values("source", {"keys": before.source.prefix}, {"keys": after.source.prefix}),
        *_values(dialect.BALANCES, before.balances, after.balances),
        *_values(dialect.PAYOUTS, before.payouts, after.payouts),
        *_values(dialect.ROUND_CURRENT, before.running, after.running),
        *_values(dialect.STATS, before.stats, after.stats),
        *_values("counts", _counts(before), _counts(after)),
        *_members(before.pending, after.pending),
    ]
    for height in sorted(before.rounds.keys() | after.rounds.keys()):
        rounds = before.rounds.get(height, {}), after.rounds.get(height, {})
        found.extend(_values(f"shares:round{height}", *rounds))
    if before.unreadable != after.unreadable:
        found.append("what could not be read changed")
    return found


def _counts(reading: Reading) -> dict[str, str]:
    return {
        "confirmed": str(reading.confirmed),
        "orphaned": str(reading.orphaned),
        "kicked": str(reading.kicked),
        "interrupted payment": str(reading.payment_interrupted),
    }


def _values(where: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, "nothing"), after.get(name, "nothing")
        if old != new:
            yield f"{where}: {name} was {old} and is {new}"


def _members(before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[str]:
    yield from (f"{dialect.PENDING}: {member} is new" for member in sorted({*after} - {*before}))
    yield from (f"{dialect.PENDING}: {member} is gone" for member in sorted({*before} - {*after}))
