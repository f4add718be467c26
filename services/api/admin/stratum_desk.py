"""Asks the stratum replicas of a pool: those whose pulses were heard, each by its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from nompcore.bus import Bus
from nompcore.control import LiveConnection, StratumControl, StratumControlReply
from nompcore.errors import BusError
from nompcore.messages import Ban
from nompcore.subjects import STRATUM_CONTROL
from services.api.admin.order import OrderRefused
from services.api.state.live import LiveState

TIMEOUT_SECONDS = 5.0

ROWS_A_PAGE = 50

MAX_BANS = 100


@dataclass(slots=True)
class ConnectionPage:
    """A page over all replicas, in the order of their names. `silent`: replicas that did not answer."""

    total: int = 0
    rows: list[tuple[str, LiveConnection]] = field(default_factory=list)  # with the replica
    silent: list[str] = field(default_factory=list)


class StratumDesk:
    """Of all pools."""

    def __init__(self, bus: Bus, state: LiveState) -> None:
        self._bus = bus
        self._state = state

    def replicas(self, pool: str) -> list[str]:
        """Names of the replicas heard lately."""
        return sorted(self._state.pools[pool].pulses)

    async def connections(self, pool: str, search: str, offset: int) -> ConnectionPage:
        """A page of the connections in which `search` is found."""
        page = ConnectionPage()
        for replica in self.replicas(pool):
            ask = StratumControl(
                action="connections",
                search=search,
                offset=max(0, offset - page.total),
                limit=max(1, ROWS_A_PAGE - len(page.rows)),
            )
            try:
                reply = await self._ask(pool, replica, ask)
            except BusError:
                page.silent.append(replica)
                continue
            page.total += reply.total
            left = ROWS_A_PAGE - len(page.rows)
            page.rows += [(reply.replica, row) for row in reply.connections[:left]]
        return page

    async def bans(self) -> tuple[int, list[Ban]]:
        """How many there are, and those that end last, as the first replica that answers knows them."""
        for pool, replica in self._everywhere():
            try:
                reply = await self._ask(pool, replica, StratumControl(action="bans", limit=MAX_BANS))
            except BusError:
                continue
            return reply.total, reply.bans
        raise OrderRefused("no stratum replica answers")

    async def kick(self, pool: str, replica: str, **fields: Any) -> str:
        """Close what the fields name, on one replica or on all; what was done, in words."""
        order = StratumControl(action="kick", **fields)
        replies = await self._ask_each(
            [(pool, name) for name in self.replicas(pool) if replica in ("", name)], order
        )
        return f"{sum(reply.affected for reply in replies)} connections closed on {len(replies)} replicas"

    async def ban(self, pool: str, **fields: Any) -> str:
        """Ban an address on every replica: the one that is asked tells the others."""
        problem = "no stratum replica answers"
        for replica in self.replicas(pool):
            try:
                return (await self._ask(pool, replica, StratumControl(action="ban", **fields))).done
            except BusError as error:
                problem = str(error)
        raise OrderRefused(problem)

    async def unban(self, **fields: Any) -> str:
        """Lift a ban on every replica, also on one that has not told the others of it."""
        replies = await self._ask_each(list(self._everywhere()), StratumControl(action="unban", **fields))
        return next((reply.done for reply in replies if "lifted" in reply.done), replies[0].done)

    async def _ask_each(
        self, places: list[tuple[str, str]], order: StratumControl
    ) -> list[StratumControlReply]:
        """The answers. Raises OrderRefused where none comes, or one refuses."""
        replies, problem = [], "no such replica, or none is there"
        for pool, replica in places:
            try:
                replies.append(await self._ask(pool, replica, order))
            except BusError as error:
                problem = str(error)
        if not replies:
            raise OrderRefused(problem)
        return replies

    async def _ask(self, pool: str, replica: str, order: StratumControl) -> StratumControlReply:
        return await self._bus.request(
            STRATUM_CONTROL, order, pool=pool, replica=replica, timeout_seconds=TIMEOUT_SECONDS
        )

    def _everywhere(self) -> Iterator[tuple[str, str]]:
        """Every replica once, with a pool of it: the ban list is one for all pools of a process."""
        seen: set[str] = set()
        for pool in sorted(self._state.pools):
            for replica in self.replicas(pool):
                if replica not in seen:
                    seen.add(replica)
                    yield pool, replica
