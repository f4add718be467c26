"""The way out of a channel, whatever it leads to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from nompcore.config.alerts import Severity


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to people. `ids` are those of its alerts: receivers know repetitions by them."""

    title: str
    text: str
    severity: Severity
    ids: tuple[str, ...]


class Sender(Protocol):
    """Sends one message at a time."""

    async def send(self, message: Outgoing) -> str:
        """Empty when the receiver has taken it; else why not, in words without secrets."""
        ...
