"""What a check finds: what is wrong and where, why it matters, and how to mend it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace


class Level(enum.Enum):
    """How bad it is."""

    WRONG = "wrong"  # the pool does not run, loses something, or will
    HINT = "hint"  # it runs; it could be better, or will want a look
    UNCHECKED = "unchecked"  # nobody knows
    FINE = "fine"


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is for machines, `where` a file with its key, or a server. What is fine has no why and mend."""

    level: Level
    code: str
    where: str
    what: str
    why: str = ""
    mend: str = ""


def wrong(code: str, where: str, what: str, *, why: str, mend: str) -> Finding:
    """Something that has to be mended."""
    return Finding(Level.WRONG, code, where, what, why, mend)


def hint(code: str, where: str, what: str, *, why: str, mend: str) -> Finding:
    """Something that may be as it should be."""
    return Finding(Level.HINT, code, where, what, why, mend)


def unchecked(code: str, where: str, what: str, *, mend: str) -> Finding:
    """Something that could not be looked at; `what` says why, `mend` how it could."""
    return Finding(Level.UNCHECKED, code, where, what, mend=mend)


def fine(code: str, where: str, what: str) -> Finding:
    """Something that is in order."""
    return Finding(Level.FINE, code, where, what)


def reworded(finding: Finding, change: Callable[[str], str]) -> Finding:
    """With its words changed."""
    return replace(
        finding, where=change(finding.where), what=change(finding.what), why=change(finding.why),
        mend=change(finding.mend),
    )  # fmt: skip


def is_sound(findings: Iterable[Finding]) -> bool:
    """Whether nothing is wrong."""
    return all(finding.level is not Level.WRONG for finding in findings)
