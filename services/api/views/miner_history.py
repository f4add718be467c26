"""A miner's past, as payouts tells it. Pure."""

from __future__ import annotations

from nompcore.requests import MinerHistoryReply
from services.api.views.miner_history_models import MinerPast, WorkerPast
from services.api.views.pool_views import utc

MS = 1000


def starts_ms(reply: MinerHistoryReply) -> list[int]:
    """When each step began, Unix ms."""
    return [reply.first_ms + number * reply.step_seconds * MS for number in range(len(reply.hashrates))]


def miner_past(reply: MinerHistoryReply) -> MinerPast:
    """The answer of the API."""
    return MinerPast(
        step_seconds=reply.step_seconds,
        times=[utc(start_ms) for start_ms in starts_ms(reply)],
        hashrate=reply.hashrates,
        workers=[WorkerPast(worker=one.worker, hashrate=one.hashrates) for one in reply.workers],
    )
