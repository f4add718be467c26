"""What a price source tells, as values: pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Price:
    """Of one coin, in the unit that all sources share; `told_ms` is Unix time."""

    value: float
    source: str
    told_ms: int


def table_prices(document: object) -> dict[str, float]:
    """The prices of a JSON object, coin → price, by lower-case name; what is no price is left out."""
    return _lower(document) if isinstance(document, dict) else {}


def picked_prices(document: object, paths: Mapping[str, str]) -> dict[str, float]:
    """The prices that stand at these places of a JSON document, by lower-case name of their coin."""
    return _lower({name: value_at(document, path) for name, path in paths.items()})


def value_at(document: object, path: str) -> object:
    """What stands at a place such as `data.0.price`, keys of objects and numbers of items; None: nothing."""
    value: Any = document
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isascii() and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def price_value(value: object) -> float | None:
    """A price as sources write it, as number or text; None for what is none, or not above 0."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 < number < math.inf else None


def _lower(values: Mapping[str, object]) -> dict[str, float]:
    found = {name.lower(): price_value(value) for name, value in values.items()}
    return {name: price for name, price in found.items() if price is not None}
