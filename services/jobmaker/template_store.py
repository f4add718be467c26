"""The part of each template that miners never see, kept so that any jobmaker can assemble a found block.

Every template is in the object store before its job is published; the newest are also in memory, where the
replica that made them finds them without a round trip.
"""

from __future__ import annotations

from collections import OrderedDict

from nompcore.objects import Objects

MEMORY_BYTES = 64 * 1024 * 1024
"""Some twenty full blocks of 2 to 4 MB, or hundreds of ordinary templates."""


class TemplateStore:
    """Packed transactions (`nompcore.job.pack_transactions`) by pool and template id."""

    def __init__(self, objects: Objects, memory_bytes: int = MEMORY_BYTES) -> None:
        self._objects = objects
        self._memory: OrderedDict[str, bytes] = OrderedDict()
        self._memory_bytes = memory_bytes
        self._used_bytes = 0

    async def put(self, pool: str, template_id: str, packed: bytes) -> None:
        """Store for any replica; returns when the object store has it. Raises BusUnavailable."""
        name = _name(pool, template_id)
        await self._objects.put(name, packed)
        self._remember(name, packed)

    async def get(self, pool: str, template_id: str) -> bytes | None:
        """The packed transactions, None if nobody has stored them. Raises BusUnavailable."""
        name = _name(pool, template_id)
        if name in self._memory:
            return self._memory[name]
        return await self._objects.get(name)

    @property
    def remembered(self) -> tuple[str, ...]:
        """Names of the templates in memory, oldest first."""
        return tuple(self._memory)

    def _remember(self, name: str, packed: bytes) -> None:
        self._used_bytes += len(packed) - len(self._memory.pop(name, b""))
        self._memory[name] = packed
        while self._used_bytes > self._memory_bytes:
            _, oldest = self._memory.popitem(last=False)
            self._used_bytes -= len(oldest)


def _name(pool: str, template_id: str) -> str:
    return f"{pool}.{template_id}"
