"""An operator's order, as a form gave it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LARGEST = 2**63 - 1
"""What messages and databases hold."""


class OrderRefused(Exception):  # noqa: N818 - a state, as the page tells it
    """It lacks something, or nobody follows it; the text is for the operator."""


@dataclass(frozen=True, slots=True)
class Order:
    """Who orders what. Fields that are missing are empty."""

    who: str
    fields: Mapping[str, str]

    def text(self, name: str) -> str:
        """A field, "" without one."""
        return self.fields.get(name, "").strip()

    def required(self, name: str) -> str:
        """A field that has to be there. Raises OrderRefused."""
        if not (text := self.text(name)):
            raise OrderRefused(f"{name} is missing")
        return text

    def whole(self, name: str) -> int:
        """A whole number, 0 without one. Raises OrderRefused."""
        try:
            number = int(self.text(name) or 0)
        except ValueError as error:
            raise OrderRefused(f"{name}: expected a whole number") from error
        if abs(number) > LARGEST:
            raise OrderRefused(f"{name}: too large")
        return number
