"""What follows from payouts' reply about a miner: its minimum, its next payment, its shares. Pure."""

from __future__ import annotations

from collections import Counter

from nompcore.config import PoolConfig
from nompcore.requests import MinerReply
from services.api.views import models
from services.api.views.amounts import amount

RUNNING = "running"


def payments_total(reply: MinerReply) -> int:
    """How many payments there are; a payouts that has no pages tells all that it shows."""
    return reply.payments_total or len(reply.payments)


def minimum_sats(reply: MinerReply, pool: PoolConfig) -> int:
    """What a miner asked for counts only above the pool's own; 0 where the pool does not pay."""
    return max(pool.payments.minimum_payment_sats, reply.minimum_sats) if pool.payments else 0


def next_payment(reply: MinerReply, pool: PoolConfig, payments_state: str) -> models.NextPayment | None:
    """What the next payment brings as things stand; None where the pool does not pay."""
    if pool.payments is None:
        return None
    missing_sats = max(0, minimum_sats(reply, pool) - reply.balance_sats)
    due = missing_sats == 0 and not reply.held_back
    running = payments_state == RUNNING
    return models.NextPayment(
        amount=amount(reply.balance_sats if due else 0, pool.coin.decimals),
        missing=amount(missing_sats, pool.coin.decimals),
        within_seconds=pool.payments.payment_interval_seconds if running else None,
    )


def shares(reply: MinerReply) -> models.MinerShares:
    """Shares of all workers together."""
    reasons: Counter[str] = Counter()
    for worker in reply.workers:
        reasons.update(worker.invalid)
    return models.MinerShares(
        valid=sum(worker.valid for worker in reply.workers),
        invalid=reasons.total(),
        invalid_by_reason=dict(sorted(reasons.items())),
    )
