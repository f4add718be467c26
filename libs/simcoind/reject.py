"""Why a block or transaction is refused: a value, because refusing is what a judge does all day."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reject:
    """The reference node's reason, and its detail where it gives one."""

    reason: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.reason}, {self.detail}" if self.detail else self.reason
