"""Whose each extranonce1 is, as the miners see it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Extranonces:
    """From the first time each is given out until the end of a test. `wrongs` should stay empty."""

    owners: dict[str, str] = field(default_factory=dict)
    wrongs: list[str] = field(default_factory=list)
    _in_use: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def given(self, extranonce1_hex: str, owner: str) -> Iterator[None]:
        """The pool gave it to a connection of this owner, which has it for the length of the block."""
        first = self.owners.setdefault(extranonce1_hex, owner)
        if first != owner:
            self.wrongs.append(f"{extranonce1_hex} of {first} was given to {owner}")
        if extranonce1_hex in self._in_use:
            self.wrongs.append(f"{extranonce1_hex} was given to {owner} while {first} was connected with it")
        self._in_use[extranonce1_hex] = owner
        try:
            yield
        finally:
            self._in_use.pop(extranonce1_hex, None)
