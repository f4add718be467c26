"""How a daemon stands beside the one that leads: with it, blocks behind, or on another chain."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from nompcore.errors import DaemonError
from services.jobmaker.daemon_states import BEHIND, FORKED, OK
from services.jobmaker.daemon_watch import WatchedDaemon

BEHIND_BLOCKS = 2
"""One block behind is ordinary: a block takes seconds to reach every daemon."""

FORK_DEPTH = 3
"""Chains whose last blocks, so many of the lower one's, all differ have parted: tips settle within two."""


def best(daemons: Sequence[WatchedDaemon]) -> WatchedDaemon | None:
    """The daemon with the highest chain of those that can give work, the first of equals."""
    able = [daemon for daemon in daemons if daemon.is_able]
    return max(able, key=lambda daemon: daemon.height, default=None)


async def place(daemons: Sequence[WatchedDaemon]) -> None:
    """Tell every daemon how it stands."""
    leader = best(daemons)
    for daemon in daemons:
        if leader is None or not daemon.is_able:
            continue
        standing, detail = await _standing(daemon, leader)
        daemon.stand(standing, detail)


async def _standing(daemon: WatchedDaemon, leader: WatchedDaemon) -> tuple[str, str]:
    if daemon is leader or daemon.tip_display == leader.tip_display:
        return OK, ""
    if await _has_parted(daemon, leader):
        return FORKED, f"on another chain than {leader.name} for {FORK_DEPTH} blocks or more"
    missing = leader.height - daemon.height
    if missing >= BEHIND_BLOCKS:
        return BEHIND, f"{missing} blocks behind {leader.name}"
    return OK, ""


async def _has_parted(daemon: WatchedDaemon, leader: WatchedDaemon) -> bool:
    common = min(daemon.height, leader.height) - FORK_DEPTH + 1  # the tips themselves are the first
    if common < 0:
        return False
    try:
        hashes = await asyncio.gather(
            daemon.daemon.call("getblockhash", common), leader.daemon.call("getblockhash", common)
        )
    except DaemonError:  # its own watch tells what is wrong with it
        return False
    return bool(hashes[0] != hashes[1])
