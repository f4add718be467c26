"""Which scheme a pool's rounds had, from when on. Pure.

A change takes effect with the first round of its group that begins after it: who mines in a running round is
paid as was announced when it began.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.payouts.counting.groups import OWN, Groups
from services.payouts.schemes.choice import AnyScheme
from services.payouts.schemes.prop import Prop


@dataclass(frozen=True, slots=True)
class SchemeHistory:
    """All that a pool was ever told about schemes."""

    groups: Groups = field(default_factory=Groups)
    by_group: Mapping[str, tuple[tuple[int, AnyScheme], ...]] = field(default_factory=dict)
    """Group → (since when in ms, scheme), the earliest first."""

    def of_round(self, group: str, began_ms: int) -> AnyScheme:
        """The scheme of a round that began then; 0: it was the group's first."""
        changes = self.by_group.get(group, ())
        scheme: AnyScheme = changes[0][1] if changes else Prop()
        for since_ms, changed in changes:
            if since_ms >= began_ms:
                break
            scheme = changed
        return scheme

    def now(self, group: str) -> AnyScheme | None:
        """What the group's next rounds will have; None if it was never heard of."""
        changes = self.by_group.get(group, ())
        return changes[-1][1] if changes else None

    @property
    def groups_now(self) -> set[str]:
        """The groups that some port is in."""
        return {OWN, *(self.groups.now(port) for port in self.groups.by_port)}

    @property
    def pays_shares(self) -> bool:
        """Whether some round has or had shares that are credited at once."""
        return any(scheme.pays_shares for changes in self.by_group.values() for _, scheme in changes)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the configuration says."""

    schemes: Mapping[str, AnyScheme]  # by group; the pool's own is among them
    ports: Mapping[int, str]  # port → group, for those that are not of the pool's own

    @property
    def own(self) -> AnyScheme:
        """The scheme of the pool's own rounds."""
        return self.schemes[OWN]
