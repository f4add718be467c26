"""How something of a pool looks now."""

from __future__ import annotations

from dataclasses import dataclass

from nompcore.config.alerts import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """`group` and `name` say what it is, for example a daemon and its address.

    `usual` is the state that needs no telling when it is the first one seen; "" where any first one is.
    `kind`, `severity` and `words` are of the alert that tells of this state.
    `settle_ms`: for so long it must be seen without a break before it is believed.
    """

    group: str
    name: str
    state: str
    usual: str
    kind: str
    severity: Severity
    words: str
    settle_ms: int

    @property
    def key(self) -> str:
        """What it is, in one word."""
        return f"{self.group}:{self.name}"
