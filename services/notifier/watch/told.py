"""What operators were told last of each thing of a pool, as it is kept in KV for all replicas."""

from __future__ import annotations

import msgspec

from services.notifier.watch.hashrate import Average


class Told(msgspec.Struct, frozen=True):
    """Of one thing. `number` counts what was told of it; `severity` is that of the last time."""

    state: str
    number: int = 0
    since_ms: int = 0
    severity: str = ""


class PoolTold(msgspec.Struct, frozen=True):
    """Of a pool: by key, as `Observed` has it. Fields are only added, with a default."""

    things: dict[str, Told] = {}
    average: Average = Average()

    def state_of(self, key: str) -> str:
        """The state told last, "" where nothing was."""
        told = self.things.get(key)
        return told.state if told else ""

    def names(self, group: str) -> list[str]:
        """Everything known of a group."""
        return [name for kind, _, name in (key.partition(":") for key in self.things) if kind == group]


def told_bytes(told: PoolTold) -> bytes:
    """As JSON."""
    return msgspec.json.encode(told)


def told_of(value: bytes) -> PoolTold | None:
    """What was kept, None where it cannot be read."""
    try:
        return msgspec.json.decode(value, type=PoolTold)
    except msgspec.DecodeError:
        return None
