"""Which workers of an address are silent. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nompcore.requests import MinerWorker

MINUTE_MS = 60_000

FORGOTTEN_MS = 2 * 24 * 3600 * 1000
"""A worker that payouts no longer knows is remembered for so long after its last share."""

MAX_WORKERS = 1000


@dataclass(frozen=True, slots=True)
class WorkerChanges:
    """Who has fallen silent since the last look, who is back, and everybody who is silent now."""

    gone: tuple[str, ...]
    back: tuple[str, ...]
    offline: tuple[str, ...]


def last_shares(known: Mapping[str, int], workers: Sequence[MinerWorker], now_ms: int) -> dict[str, int]:
    """Worker → time of its last share: those that payouts knows, and those it knew until lately."""
    lately = {name: last_ms for name, last_ms in known.items() if now_ms - last_ms < FORGOTTEN_MS}
    for worker in workers:
        if worker.last_share_ms:
            lately[worker.worker] = max(worker.last_share_ms, lately.get(worker.worker, 0))
    newest = sorted(lately, key=lambda name: (-lately[name], name))[:MAX_WORKERS]
    return {name: lately[name] for name in newest}


def worker_changes(
    before: Sequence[str], shares: Mapping[str, int], minutes: int, now_ms: int
) -> WorkerChanges:
    """`before`: who was silent; `shares`: what `last_shares` gives; `minutes`: of silence that count."""
    silent = {name for name, last_ms in shares.items() if now_ms - last_ms >= minutes * MINUTE_MS}
    known = set(before)
    return WorkerChanges(
        gone=tuple(sorted(silent - known)),
        back=tuple(sorted((known & shares.keys()) - silent)),
        offline=tuple(sorted(silent)),
    )
