"""The admin center's orders to this replica: who is connected, who is thrown out, who is banned.

Every replica answers for itself. Bans are all replicas': what one is told, the others hear of.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from nompcore.bus import Bus
from nompcore.control import LiveConnection, StratumControl, StratumControlReply
from nompcore.errors import NompError
from nompcore.subjects import STRATUM_CONTROL
from services.stratum.ban_list import BanList
from services.stratum.connection_list import connection_id, is_found, is_of_worker, live_connection
from services.stratum.ip_group import ip_group
from services.stratum.pool import Pool

if TYPE_CHECKING:
    from services.stratum.dialogue import Dialogue

log = logging.getLogger(__name__)

MAX_ROWS = 100
"""Connections or bans in one answer: some 50 KB."""

MAX_BAN_SECONDS = 366 * 24 * 3600.0

MINERS_PER_TURN = 256  # looked at before shares get their turn

QUESTIONS = ("connections", "bans")


class ControlRefused(NompError):  # noqa: N818 - it says what happened, as those of nompcore.errors do
    """An order that lacks something or cannot be followed; nothing was changed."""


class PoolControl:
    """One pool's connections in this process, and the bans of all."""

    def __init__(self, pool: Pool, bans: BanList, replica: str) -> None:
        self._pool = pool
        self._bans = bans
        self._replica = replica
        self._actions: Mapping[str, Callable[[StratumControl], Awaitable[StratumControlReply]]] = {
            "connections": self._connections,
            "kick": self._kick,
            "ban": self._ban,
            "unban": self._unban,
            "bans": self._list_bans,
        }

    async def answer(self, request: StratumControl) -> StratumControlReply:
        """Do what is asked. Raises ControlRefused."""
        action = self._actions.get(request.action)
        if action is None:
            raise ControlRefused(f"{request.action!r} is none of {', '.join(self._actions)}")
        reply = await action(request)
        if request.action not in QUESTIONS:
            facts = {"action": request.action, "author": request.author, "done": reply.done}
            log.warning("connections controlled", extra={"pool": self._pool.config.name, **facts})
        return reply

    async def _connections(self, request: StratumControl) -> StratumControlReply:
        now, total, end = time.monotonic(), 0, request.offset + _limit(request)
        rows: list[LiveConnection] = []
        async for miner in self._miners():
            if is_found(miner, request.search):
                if request.offset <= total < end:
                    rows.append(live_connection(miner, now))
                total += 1
        return StratumControlReply(replica=self._replica, total=total, connections=rows)

    async def _kick(self, request: StratumControl) -> StratumControlReply:
        is_meant = _meant(request)
        closed = 0
        async for miner in self._miners():
            if is_meant(miner):
                miner.hang_up("kicked")
                closed += 1
        return StratumControlReply(replica=self._replica, done=f"{closed} closed", affected=closed)

    async def _ban(self, request: StratumControl) -> StratumControlReply:
        group = _group(request.ip)
        if not 0 < request.seconds <= MAX_BAN_SECONDS:
            raise ControlRefused(f"seconds: a ban lasts up to {MAX_BAN_SECONDS:.0f}")
        if not request.reason.strip():
            raise ControlRefused("reason is missing")
        self._bans.ban(group, request.reason, self._pool.config.name, request.seconds)
        return StratumControlReply(replica=self._replica, done=f"{group} is banned")

    async def _unban(self, request: StratumControl) -> StratumControlReply:
        group = _group(request.ip)
        held = await self._bans.lift(group)
        done = f"the ban of {group} is lifted" if held else f"{group} was not banned"
        return StratumControlReply(replica=self._replica, done=done)

    async def _list_bans(self, request: StratumControl) -> StratumControlReply:
        bans = sorted(self._bans.listed(), key=lambda ban: (-ban.until_ms, ban.group))
        shown = bans[request.offset : request.offset + _limit(request)]
        return StratumControlReply(replica=self._replica, total=len(bans), bans=shown)

    async def _miners(self) -> AsyncIterator[Dialogue]:
        """Everybody connected, without keeping shares waiting."""
        for count, miner in enumerate(self._pool.miners(), 1):
            if not miner.is_gone:
                yield miner
            if count % MINERS_PER_TURN == 0:
                await asyncio.sleep(0)


async def serve_control(bus: Bus, pools: Mapping[str, Pool], bans: BanList, replica: str) -> None:
    """Answer about every pool from now on."""
    for name, pool in pools.items():
        await bus.serve(STRATUM_CONTROL, PoolControl(pool, bans, replica).answer, name, replica)


def _limit(request: StratumControl) -> int:
    return min(request.limit or MAX_ROWS, MAX_ROWS)


def _group(ip: str) -> str:
    try:
        group = ip_group(ip.strip().partition("/")[0])
    except ValueError:
        group = ""
    if not group:
        raise ControlRefused("ip: expected an IPv4 or IPv6 address")
    return group


def _meant(request: StratumControl) -> Callable[[Dialogue], bool]:
    """Whom a kick is for: exactly one of the three fields says it."""
    named = [text for text in (request.connection, request.worker, request.ip) if text]
    if len(named) != 1:
        raise ControlRefused("give either a connection, a worker or an ip")
    if request.connection:
        return lambda miner: connection_id(miner) == request.connection
    if request.worker:
        return lambda miner: is_of_worker(miner, request.worker)
    group = _group(request.ip)
    return lambda miner: ip_group(miner.ip) == group
