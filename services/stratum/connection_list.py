"""A pool's live connections as the admin center sees them: found by a part of a name, shown as records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nompcore.control import LiveConnection

if TYPE_CHECKING:
    from services.stratum.dialogue import Dialogue

MAX_WORKERS_SHOWN = 8
"""Of one connection: a farm's proxy has dozens."""


def connection_id(miner: Dialogue) -> str:
    """Its name within this process; never that of a later connection, as its start is in it."""
    return f"{id(miner):x}.{int(miner.session.started * 1000)}"


def is_found(miner: Dialogue, search: str) -> bool:
    """Whether a text is part of a worker's name, of the IP address or of the program's name."""
    wanted = search.casefold()
    names = (miner.ip, miner.session.agent, *(worker.name for worker in miner.session.workers.values()))
    return any(wanted in name.casefold() for name in names)


def is_of_worker(miner: Dialogue, worker: str) -> bool:
    """Whether a worker of that name mines there, or any of the payout address."""
    return any(worker in (one.name, one.address) for one in miner.session.workers.values())


def live_connection(miner: Dialogue, now: float) -> LiveConnection:
    """The record; `now` in seconds of a steady clock."""
    session = miner.session
    names = [worker.name for worker in session.workers.values()]
    return LiveConnection(
        connection=connection_id(miner),
        ip=miner.ip,
        port=miner.port,
        agent=session.agent,
        workers=names[:MAX_WORKERS_SHOWN],
        worker_count=len(names),
        difficulty=session.difficulty.track.in_force.difficulty,
        accepted=session.accepted,
        rejected=session.rejected,
        seconds=round(now - session.started, 1),
        idle_seconds=round(now - session.last_share, 1),
    )
