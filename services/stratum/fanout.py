"""A pool's job on its way to a turn of miners: those that can take it as it is get it in one native call.

Sending is kernel time, ten times what the pool itself does for a miner, and needs no interpreter.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from powhash.sockets import send_to_all

if TYPE_CHECKING:
    from services.stratum.connection import Connection
    from services.stratum.dialogue import Dialogue
    from services.stratum.pool import Pool


def send_job(pool: Pool, miners: Iterable[Dialogue], now: float) -> None:
    """Send each of them the current job, unless it has it. Nothing else may write to them meanwhile."""
    job = pool.jobs.current
    alike: list[Connection] = []
    descriptors: list[int] = []
    for miner in miners:
        line = miner.session.next_job(now)
        descriptor = miner.connection.idle_descriptor() if job is not None and line is job.notify else -1
        if descriptor < 0:
            miner.connection.write(line)
        else:
            alike.append(miner.connection)
            descriptors.append(descriptor)
    if job is not None and alike:
        _send_to_all(pool, alike, descriptors, job.notify)


def _send_to_all(pool: Pool, connections: list[Connection], descriptors: list[int], line: bytes) -> None:
    untold = send_to_all(descriptors, line)
    pool.counters.bytes_sent += len(line) * (len(connections) - len(untold))
    for place, sent in untold:
        taken = max(sent, 0)
        pool.counters.bytes_sent += taken
        connections[place].write(line[taken:])  # which also finds what an error means
