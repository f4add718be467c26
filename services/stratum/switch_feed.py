"""What the notifier writes about the switches, from KV to the switches: at start, and as it changes."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from nompcore.bucket_watch import Present
from nompcore.bus import Bus
from nompcore.errors import BusError, BusUnavailable
from nompcore.patience import Patience
from nompcore.subjects import SWITCH, switch_key
from nompcore.switching import SwitchState
from nompcore.wire import decode
from services.stratum.switch import Switch

log = logging.getLogger(__name__)


class SwitchFeed:
    """Keeps every switch of this process where the others are; while NATS is away they stay as they are."""

    def __init__(self, bus: Bus, switches: Mapping[str, Switch]) -> None:
        self._bucket = bus.bucket(SWITCH)
        self._by_key = {switch_key(name): switch for name, switch in switches.items()}

    async def start(self) -> None:
        """Read how they stand, after as long as it takes until NATS answers: then their ports may open."""
        for key, switch in self._by_key.items():
            follow(switch, await self._read(key))

    async def run(self) -> None:
        """Follow every change, for ever."""
        async for news in self._bucket.watch():
            if isinstance(news, Present):
                for key, switch in self._by_key.items():
                    follow(switch, news.entries.get(key))
            elif (one := self._by_key.get(news.key)) is not None:
                follow(one, news.value)

    async def _read(self, key: str) -> bytes | None:
        patience = Patience()
        while True:
            try:
                entry = await self._bucket.get(key)
            except BusUnavailable as error:
                log.info("cannot read how a switch stands", extra={"key": key, "reason": str(error)})
                await patience.wait()
            else:
                return entry.value if entry else None


def follow(switch: Switch, value: bytes | None) -> None:
    """Do what an entry says. No entry is the default; what cannot be read changes nothing."""
    try:
        pool = decode(SwitchState, value).pool if value is not None else None
    except BusError as error:
        switch.counters.unknown_pools += 1
        log.warning("unreadable state of a switch", extra={"switch": switch.name, "reason": str(error)})
        return
    switch.choose(pool)
