"""Bans and kicks: asked of the stratum replicas that answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from deploy.operator.answer import Answer, Refused
from nompcore.bus import Bus
from nompcore.control import StratumControl, StratumControlReply
from nompcore.errors import BusError
from nompcore.subjects import STRATUM_CONTROL

TIMEOUT_SECONDS = 5.0
MAX_BANS = 100

NOBODY = "no stratum replica answers"

Place = tuple[str, str]
"""A pool and a replica of it."""


class StratumOrders:
    """`places` are all pools of all replicas that were heard, or those of one pool."""

    def __init__(self, bus: Bus, places: Sequence[Place]) -> None:
        self._bus = bus
        self._places = places

    async def ban(self, order: StratumControl) -> Answer:
        """The first replica that takes it tells the others."""
        problem = NOBODY
        for place in self._places:
            try:
                reply = await self._ask(place, order)
            except BusError as error:
                problem = str(error)
                continue
            return Answer(
                f"{reply.done}, on all replicas, for {order.seconds:g} s", msgspec.to_builtins(reply)
            )
        raise Refused(problem)

    async def unban(self, order: StratumControl) -> Answer:
        """On every replica, also on one that could not tell the others of its ban."""
        replies = await self._each(order, self._one_each())
        told = next((reply for reply in replies if "lifted" in reply.done), replies[0])
        return Answer(told.done, [msgspec.to_builtins(reply) for reply in replies])

    async def bans(self) -> Answer:
        """Those that hold, as the first replica that answers knows them."""
        (reply, *_) = await self._each(StratumControl(action="bans", limit=MAX_BANS), self._places[:1])
        lines = [
            f"{ban.group}  until {_time(ban.until_ms)}  {ban.reason}  (pool {ban.pool}, {ban.replica})"
            for ban in reply.bans
        ]
        head = f"{reply.total} banned" + (f", the first {len(lines)}:" if len(lines) < reply.total else "")
        return Answer("\n".join([head, *lines]), msgspec.to_builtins(reply))

    async def kick(self, order: StratumControl) -> Answer:
        """Close the connections that the order names, on every replica of the pool."""
        if not (order.worker or order.ip or order.connection):
            raise Refused("name a worker, an address or a connection")
        replies = await self._each(order, self._places)
        closed = sum(reply.affected for reply in replies)
        text = f"{closed} connections closed on {len(replies)} replicas"
        return Answer(text, [msgspec.to_builtins(reply) for reply in replies], ok=closed > 0)

    def _one_each(self) -> list[Place]:
        """Every replica once: bans are those of a process, not of a pool."""
        return list({replica: (pool, replica) for pool, replica in self._places}.values())

    async def _each(self, order: StratumControl, places: Sequence[Place]) -> list[StratumControlReply]:
        replies, problem = [], NOBODY
        for place in places:
            try:
                replies.append(await self._ask(place, order))
            except BusError as error:
                problem = str(error)
        if not replies:
            raise Refused(problem)
        return replies

    async def _ask(self, place: Place, order: StratumControl) -> StratumControlReply:
        pool, replica = place
        return await self._bus.request(
            STRATUM_CONTROL, order, pool=pool, replica=replica, timeout_seconds=TIMEOUT_SECONDS
        )


def _time(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
