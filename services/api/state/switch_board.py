"""How the switching ports stand, and what profit switching decided last: as the last gathering found it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nompcore.bus import Bus
from nompcore.config import SwitchConfig
from nompcore.subjects import SWITCH, profit_key, switch_key
from nompcore.switching import ProfitReport, SwitchState


@dataclass(slots=True)
class SwitchLive:
    """What is known of one switch. No state: nobody has moved it yet."""

    config: SwitchConfig
    state: SwitchState | None = None
    report: ProfitReport | None = None

    @property
    def pool(self) -> str:
        """The pool that it mines: its first one, unless another was chosen that it has."""
        chosen = self.state.pool if self.state else ""
        return chosen if chosen in self.config.pools else self.config.pools[0]


class SwitchBoard:
    """All switches by name, in the order of their names. Without profit switching there are no reports."""

    def __init__(self, switches: Mapping[str, SwitchConfig], *, has_reports: bool) -> None:
        self._has_reports = has_reports
        self.switches = {name: SwitchLive(config) for name, config in sorted(switches.items())}

    async def gather(self, bus: Bus) -> None:
        """Read everything anew. Raises BusError; what was not read keeps its last value."""
        bucket = bus.bucket(SWITCH)
        for name, live in self.switches.items():
            live.state = await bucket.load(switch_key(name), SwitchState)
            if self._has_reports:
                live.report = await bucket.load(profit_key(name), ProfitReport)
