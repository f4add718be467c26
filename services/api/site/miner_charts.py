"""What the charts of a miner's page are drawn from: columns of times (Unix seconds) and values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nompcore.requests import MinerHistoryReply
from services.api.site.environment import rig_of
from services.api.views.miner_history import starts_ms

DRAWN_WORKERS = 5
"""More curves than these cannot be told apart."""

NO_NAME = "\N{EN DASH}"


def miner_charts(reply: MinerHistoryReply) -> Mapping[str, Any]:
    """Both charts: the miner's hashrate, and that of its strongest workers with their names."""
    times = [start_ms / 1000 for start_ms in starts_ms(reply)]
    drawn = reply.workers[:DRAWN_WORKERS]
    return {
        "hashrate": (times, reply.hashrates),
        "rigs": (times, *(one.hashrates for one in drawn)),
        "names": {"rigs": [rig_of(one.worker) or NO_NAME for one in drawn]},
    }
