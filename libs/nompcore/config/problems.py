"""What is wrong with a configuration: one clear line each, with file and key path."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

from nompcore.errors import NompError

Loc = tuple[str | int, ...]
"""Where a value stands in a file: object keys and list indexes from the root."""


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One line for the operator. `path` is empty where the whole file is meant."""

    file: str
    path: str
    text: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.path, self.text) if part)


class ConfigInvalid(NompError):  # noqa: N818  a state of the configuration, named as callers read it
    """The configuration cannot be used; `problems` holds every reason found, in the order of the files."""

    def __init__(self, problems: Iterable[ConfigProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(slots=True)
class Findings:
    """Collects what the checks find; the same line from two checks counts once."""

    _problems: dict[ConfigProblem, None] = field(default_factory=dict)
    _warnings: dict[ConfigProblem, None] = field(default_factory=dict)

    def problem(self, *problems: ConfigProblem) -> None:
        """Something that forbids the start."""
        self._problems.update(dict.fromkeys(problems))

    def warn(self, warning: ConfigProblem) -> None:
        """Something accepted that does not do what the operator may expect."""
        self._warnings[warning] = None

    @property
    def problems(self) -> tuple[ConfigProblem, ...]:
        """Everything that forbids the start, in the order found."""
        return tuple(self._problems)

    @property
    def warnings(self) -> tuple[ConfigProblem, ...]:
        """Every warning, in the order found."""
        return tuple(self._warnings)


def key_path(loc: Loc) -> str:
    """`("daemons", 1, "host")` as people write it: `daemons[1].host`."""
    text = ""
    for step in loc:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`, upper and lower case being alike; None where none is near."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    # 0.6 is difflib's own measure of "similar": one or two slips in a word of five letters
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None
