"""What a command says: for people, for machines, and whether all is well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """`data` is what `--json` prints; not `ok` is exit code 1."""

    text: str
    data: Any
    ok: bool = True


class Refused(Exception):  # noqa: N818 - a state, as the person at the terminal reads it
    """Nobody does it, or it lacks something; the text says what."""
