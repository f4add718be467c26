"""Miners and workers at work: pure builders from a pool's snapshot, whoever many ask."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nompcore.messages import PoolSnapshot, WorkerSnapshot
from services.api.views.hashrate_text import hashrate_text
from services.api.views.page_models import ActiveMiner, ActiveWorker


def address_of(worker: str) -> str:
    """The payout address in a worker's name."""
    return worker.split(".", 1)[0]


def active_miners(snapshot: PoolSnapshot | None) -> list[ActiveMiner]:
    """The miners of a snapshot, the strongest first; equals in the order of their addresses."""
    miners = [_miner(address, workers) for address, workers in workers_by_address(snapshot).items()]
    return sorted(miners, key=lambda miner: (-miner.hashrate, miner.address))


def workers_by_address(snapshot: PoolSnapshot | None) -> dict[str, list[WorkerSnapshot]]:
    """Payout address → its workers."""
    groups: dict[str, list[WorkerSnapshot]] = {}
    for worker in snapshot.workers if snapshot else ():
        groups.setdefault(address_of(worker.worker), []).append(worker)
    return groups


def active_workers(workers: Iterable[WorkerSnapshot]) -> list[ActiveWorker]:
    """Workers, the strongest first; equals in the order of their names."""
    strongest = sorted(workers, key=lambda worker: (-worker.hashrate, worker.worker))
    return [_worker(worker) for worker in strongest]


def _miner(address: str, workers: Sequence[WorkerSnapshot]) -> ActiveMiner:
    hashrate = sum(worker.hashrate for worker in workers)
    return ActiveMiner(
        address=address,
        hashrate=hashrate,
        hashrate_text=hashrate_text(hashrate),
        workers=sum(worker.hashrate > 0 for worker in workers),
        valid=sum(worker.valid for worker in workers),
        invalid=sum(worker.invalid for worker in workers),
        round_difficulty=sum(worker.shares for worker in workers),
    )


def _worker(worker: WorkerSnapshot) -> ActiveWorker:
    return ActiveWorker(
        worker=worker.worker,
        hashrate=worker.hashrate,
        hashrate_text=hashrate_text(worker.hashrate),
        valid=worker.valid,
        invalid=worker.invalid,
        round_difficulty=worker.shares,
    )
