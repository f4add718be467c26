"""The banned addresses, the same on every replica: in KV, each entry for as long as its ban lasts.

A ban made here holds here at once and is written to KV as soon as NATS takes it. What appears in KV, from
another replica or an operator, holds here too, until the entry has gone. While NATS is away every ban lasts
for its time.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nompcore.bucket_watch import Present
from nompcore.bus import Bus
from nompcore.errors import BusError, BusUnavailable
from nompcore.messages import Ban
from nompcore.patience import Patience
from nompcore.subjects import BANS
from nompcore.wire import decode, encode
from services.stratum.ip_group import ban_key, group_of_key

log = logging.getLogger(__name__)

MAX_UNTOLD = 10_000  # bans waiting for NATS; beyond it they hold here only, and are counted


UNTIL_LIFTED_MS = 2**53 - 1  # as the end of a ban that people typed: it lasts until they remove it


@dataclass(frozen=True, slots=True)
class _Untold:
    ban: Ban
    until: float


class BanList:
    """Of this process. A group is an address as in ip_group.py."""

    def __init__(self, bus: Bus, replica: str) -> None:
        self.on_banned: list[Callable[[str], None]] = []
        self.unshared = 0  # bans that no other replica will hear of
        self._bucket = bus.bucket(BANS)
        self._replica = replica
        self._until: dict[str, float] = {}  # group → end by the steady clock
        self._untold: dict[str, _Untold] = {}  # by group, the oldest first
        self._has_untold = asyncio.Event()
        self._only_here: set[str] = set()  # groups whose bans were given up to be told
        self._known: dict[str, Ban] = {}  # by group, of those that hold: why, and until when

    def __len__(self) -> int:
        return len(self._until)

    def is_banned(self, group: str) -> bool:
        """Whether nobody may connect from there now."""
        until = self._until.get(group)
        if until is None:
            return False
        if until > time.monotonic():
            return True
        del self._until[group]
        return False

    def ban(self, group: str, reason: str, pool: str, seconds: float) -> None:
        """Ban an address everywhere, where NATS is away here at least; a longer ban of it stands."""
        until_ms = time.time_ns() // 1_000_000 + round(seconds * 1000)
        ban = Ban(group=group, reason=reason, pool=pool, replica=self._replica, until_ms=until_ms)
        until = time.monotonic() + seconds
        if self._until.get(group, until) > until:
            return
        self._known[group] = ban
        self._hold(group, until)
        if group not in self._untold and len(self._untold) >= MAX_UNTOLD:
            self._give_up(group, "too many are waiting")
            return
        self._untold[group] = _Untold(ban, until)
        self._has_untold.set()

    async def lift(self, group: str) -> bool:
        """End a ban everywhere; whether it held here. Raises BusUnavailable; then it is lifted here only."""
        held = self.is_banned(group)
        self._untold.pop(group, None)
        if not self._untold:
            self._has_untold.clear()
        self._only_here.discard(group)
        self._until.pop(group, None)
        self._known.pop(group, None)
        await self._bucket.delete(ban_key(group))
        return held

    def listed(self) -> Iterator[Ban]:
        """The bans that hold now."""
        for group in list(self._until):
            if self.is_banned(group):
                yield self._known.get(group) or _typed(group)

    async def run(self) -> None:
        """Tell and hear of bans, for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tell(), name="tell bans")
            tasks.create_task(self._listen(), name="hear of bans")

    async def _tell(self) -> None:
        patience = Patience()
        while True:
            await self._has_untold.wait()
            untold = next(iter(self._untold.values()))
            try:
                await self._put(untold)
            except BusUnavailable as error:
                if patience.tries == 0:
                    log.info("bans not shared yet", extra={"reason": str(error)})
                await patience.wait()
                self._forget_ended()
            else:
                patience.reset()
                self._told(untold)

    async def _put(self, untold: _Untold) -> None:
        """Raises BusUnavailable; what NATS refuses would be refused again."""
        left = untold.until - time.monotonic()
        if left <= 0:
            return
        group = untold.ban.group
        try:
            await self._bucket.put(ban_key(group), encode(untold.ban), ttl_seconds=left)
        except BusUnavailable:
            raise
        except BusError as error:
            self._give_up(group, str(error))

    def _told(self, untold: _Untold) -> None:
        if self._untold.get(untold.ban.group) is untold:  # else there is a newer ban of it, or it was lifted
            del self._untold[untold.ban.group]
        if not self._untold:
            self._has_untold.clear()

    def _forget_ended(self) -> None:
        """Of bans that are not in KV, or while NATS is away, nobody says that they have ended."""
        now = time.monotonic()
        self._until = {group: until for group, until in self._until.items() if until > now}
        self._untold = {group: untold for group, untold in self._untold.items() if untold.until > now}
        self._only_here &= self._until.keys()
        self._known = {group: ban for group, ban in self._known.items() if group in self._until}
        if not self._untold:
            self._has_untold.clear()

    def _give_up(self, group: str, reason: str) -> None:
        self.unshared += 1
        self._only_here.add(group)
        log.warning("ban is not shared", extra={"group": group, "reason": reason})

    async def _listen(self) -> None:
        async for news in self._bucket.watch():
            if isinstance(news, Present):
                self._replace(news.entries)
            else:
                self._take(news.key, news.value)

    def _replace(self, entries: dict[str, bytes]) -> None:
        """All there is: what was lifted while we could not hear is lifted now; what was not told stays."""
        self._forget_ended()
        present = {group_of_key(key) for key in entries}
        for group in self._until.keys() - present - self._untold.keys() - self._only_here:
            del self._until[group]
        for key, value in entries.items():
            self._take(key, value)

    def _take(self, key: str, value: bytes | None) -> None:
        group = group_of_key(key)
        if group is None:
            log.warning("ban under a key that is no address", extra={"key": key})
        elif group in self._untold:
            return  # ours is newer, and on its way
        else:
            self._only_here.discard(group)
            self._follow(group, value)

    def _follow(self, group: str, value: bytes | None) -> None:
        if value is None:
            self._known.pop(group, None)
            if self._until.pop(group, None) is not None:
                log.info("ban lifted", extra={"group": group})
        else:
            ban = _read(value)
            if ban is None:
                self._known.pop(group, None)
            else:
                self._known[group] = ban
            self._hold(group, _until(ban))

    def _hold(self, group: str, until: float) -> None:
        is_new = not self.is_banned(group)
        self._until[group] = until
        if is_new and self.is_banned(group):  # in KV entries outlive their bans by up to a second
            for tell in self.on_banned:
                tell(group)


def _read(value: bytes) -> Ban | None:
    """The ban in an entry; None for one that people typed."""
    try:
        return decode(Ban, value)
    except BusError:
        return None


def _typed(group: str) -> Ban:
    return Ban(group=group, reason="by an operator", pool="", replica="", until_ms=UNTIL_LIFTED_MS)


def _until(ban: Ban | None) -> float:
    """The end of a ban by the steady clock; an entry that people typed lasts until they remove it."""
    try:
        return time.monotonic() + ban.until_ms / 1000 - time.time() if ban else math.inf
    except OverflowError:
        return math.inf
