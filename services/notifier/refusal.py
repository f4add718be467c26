"""Why a connection to one of the notifier's doors achieved nothing."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class Refusal(Enum):
    """The value is the metric's label."""

    MALFORMED = "malformed"
    NO_PASSWORD = "no-password"  # noqa: S105  (a label)
    WRONG_PASSWORD = "wrong-password"  # noqa: S105  (a label)
    UNKNOWN_COIN = "unknown-coin"
    OVERSIZED = "oversized"
    TIMEOUT = "timeout"
    BUSY = "busy"
    NOT_ADMITTED = "not-admitted"


ANSWERS: Mapping[Refusal, str] = {
    Refusal.NO_PASSWORD: (
        'error: this listener needs a password: {"password":"...","coin":"...","hash":"..."}'
    ),
    Refusal.UNKNOWN_COIN: "error: no pool of this coin",
}
"""What the sender is told. Every other refusal is silent: junk and guesses are answered with nothing."""
