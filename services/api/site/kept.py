"""What is derived from the live state, kept until the next gathering changes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from services.api.state.live import LiveState

V = TypeVar("V")


class Kept(Generic[V]):
    """Values by key, each made once a gathering however many ask. Keys must be few: none is a stranger's."""

    def __init__(self, state: LiveState) -> None:
        self._state = state
        self._revision = -1
        self._values: dict[str, V] = {}

    def get(self, key: str, make: Callable[[], V]) -> V:
        """The value of `key`, made if this gathering has not got it yet."""
        if self._revision != self._state.revision:
            self._values, self._revision = {}, self._state.revision
        if key not in self._values:
            self._values[key] = make()
        return self._values[key]
