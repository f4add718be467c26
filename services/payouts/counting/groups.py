"""Whose round a share is of. Pure.

The ports of a pool that have no scheme of their own share the pool's rounds, the group without a name. Ports
with a scheme of their own share the rounds of that scheme, the group of its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from nompcore.messages import Share

OWN = ""
"""The group of the pool itself."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Which port was in which group from when on, as far as it was not the pool's own."""

    by_port: Mapping[int, tuple[tuple[int, str], ...]] = field(default_factory=dict)
    """Port → (since when in ms, group), the earliest first."""

    def of(self, share: Share) -> str:
        """The group of a share, by its port and its own time."""
        group = OWN
        for since_ms, name in self.by_port.get(share.port, ()):
            if share.time_ms < since_ms:
                break
            group = name
        return group

    def now(self, port: int) -> str:
        """The group of a port since its last change."""
        changes = self.by_port.get(port, ())
        return changes[-1][1] if changes else OWN


POOL_ONLY: Final = Groups()
"""No port was ever on its own."""
