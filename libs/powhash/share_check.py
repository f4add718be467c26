"""The check of ordinary shares in C (csrc/share_*.c); what it does not take is Python's to judge.

Where this machine has no library it takes nothing. `nompcore.share` is the definition, and the oracle of its
tests.
"""

from __future__ import annotations

from typing import Any

try:
    from powhash._native import share_check, share_job
except ImportError:

    def share_job(*job: Any) -> object | None:  # type: ignore[misc]
        """No job is checked here."""
        return None

    def share_check(*line: Any) -> None:  # type: ignore[misc]
        """No share is."""


__all__ = ["share_check", "share_job"]
