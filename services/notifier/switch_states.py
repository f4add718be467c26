"""Where the switches stand, in KV `switch`. Each change insists on what it was decided upon."""

from __future__ import annotations

from dataclasses import dataclass

from nompcore.bus import Bus
from nompcore.config.switching import SwitchConfig
from nompcore.subjects import SWITCH, switch_key
from nompcore.switching import SwitchState
from nompcore.wire import decode, encode
from services.notifier.switch_rules import standing


@dataclass(frozen=True, slots=True)
class Standing:
    """A switch's state and the revision it has in KV; None: there is no entry."""

    state: SwitchState
    revision: int | None


class SwitchStates:
    """Reads and writes them. Every method raises BusError."""

    def __init__(self, bus: Bus) -> None:
        self._bucket = bus.bucket(SWITCH)

    async def read(self, switch: SwitchConfig) -> Standing:
        """How the switch stands now."""
        entry = await self._bucket.get(switch_key(switch.name))
        stored = decode(SwitchState, entry.value) if entry else None
        return Standing(standing(switch, stored), entry.revision if entry else None)

    async def write(self, state: SwitchState, over: Standing) -> bool:
        """Set the state in the place of one that was read; False where somebody else was quicker."""
        key = switch_key(state.switch)
        if over.revision is None:
            return await self._bucket.create(key, encode(state)) is not None
        return await self._bucket.update(key, encode(state), over.revision) is not None
