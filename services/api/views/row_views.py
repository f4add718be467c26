"""Blocks, payments and miners as /api/v1 and the page show them: pure builders from payouts' replies."""

from __future__ import annotations

from nompcore.coin import Explorer
from nompcore.config import PoolConfig
from nompcore.requests import (
    BlockRow,
    MinerPayment,
    MinerReply,
    MinerWorker,
    PaymentRow,
)
from services.api.views import models
from services.api.views.amounts import amount
from services.api.views.hashrate_text import hashrate_text
from services.api.views.miner_figures import (
    RUNNING,
    minimum_sats,
    next_payment,
    payments_total,
    shares,
)
from services.api.views.miner_ips import shown_ip
from services.api.views.pool_views import utc


def explorer_of(pool: PoolConfig) -> Explorer | None:
    """The coin's explorer; it shows the main network only."""
    return pool.coin.explorer if pool.network == "main" else None


def block(row: BlockRow, pool: PoolConfig) -> models.Block:
    """One block."""
    explorer = explorer_of(pool)
    return models.Block(
        height=row.height,
        hash=row.block_hash_display,
        status=row.status,
        worker=row.worker,
        reward=amount(row.reward_sats, pool.coin.decimals),
        confirmations=row.confirmations,
        confirmations_needed=pool.coin.confirmations,
        difficulty=row.difficulty,
        network_difficulty=row.network_difficulty or None,
        effort_percent=100 * row.effort if row.effort else None,
        time=utc(row.time_ms),
        url=explorer.block_url(row.block_hash_display) if explorer else None,
    )


def payment(row: PaymentRow, pool: PoolConfig) -> models.Payment:
    """One payment with its payees, the largest first."""
    outputs = sorted(row.outputs.items(), key=lambda item: (-item[1], item[0]))
    return models.Payment(
        id=row.payment_id,
        state=row.state,
        txid=row.txid_display or None,
        total=amount(row.total_sats, pool.coin.decimals),
        fee=amount(row.fee_sats, pool.coin.decimals),
        outputs=[models.PaymentOutput(address=a, amount=amount(s, pool.coin.decimals)) for a, s in outputs],
        time=utc(row.time_ms),
        url=_tx_url(row.txid_display, pool),
    )


def miner(reply: MinerReply, pool: PoolConfig, miner_ips: str, payments_state: str = RUNNING) -> models.Miner:
    """Everything about one payout address; IP addresses as far as `miner_ips` lets them out."""
    hashrate, decimals = sum(worker.hashrate for worker in reply.workers), pool.coin.decimals
    return models.Miner(
        address=reply.address,
        hashrate=hashrate,
        hashrate_text=hashrate_text(hashrate),
        balance=amount(reply.balance_sats, decimals),
        immature=amount(reply.immature_sats, decimals),
        paid=amount(reply.paid_sats, decimals),
        minimum=amount(minimum_sats(reply, pool), decimals) if pool.payments else None,
        held_back=reply.held_back or None,
        next_payment=next_payment(reply, pool, payments_state),
        shares=shares(reply),
        best_share_difficulty=max((worker.best_share_difficulty for worker in reply.workers), default=0.0),
        workers=[_worker(worker, miner_ips) for worker in reply.workers],
        payments=[miner_payment(part, pool) for part in reply.payments],
        payments_total=payments_total(reply),
    )


def _worker(worker: MinerWorker, miner_ips: str) -> models.MinerWorker:
    return models.MinerWorker(
        worker=worker.worker,
        hashrate=worker.hashrate,
        hashrate_text=hashrate_text(worker.hashrate),
        shares=worker.shares,
        valid=worker.valid,
        invalid=worker.invalid,
        best_share_difficulty=worker.best_share_difficulty,
        last_share=utc(worker.last_share_ms) if worker.last_share_ms else None,
        ip=shown_ip(worker.ip, miner_ips),
    )


def miner_payment(part: MinerPayment, pool: PoolConfig) -> models.MinerPayment:
    """A miner's part of a payment."""
    return models.MinerPayment(
        id=part.payment_id,
        state=part.state,
        txid=part.txid_display or None,
        amount=amount(part.amount_sats, pool.coin.decimals),
        time=utc(part.time_ms),
        url=_tx_url(part.txid_display, pool),
    )


def _tx_url(txid_display: str, pool: PoolConfig) -> str | None:
    explorer = explorer_of(pool)
    return explorer.tx_url(txid_display) if explorer and txid_display else None
