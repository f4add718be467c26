"""What z-nomp and the forks after it answer beside NOMP's own objects: blocks, payments, one miner. Pure.

Names and types are theirs. What this pool does not know is empty or 0: which blocks a payment paid for, a
worker's difficulty and its part of the miner's money, which belongs to the address. Rows are divided by
colons, so that a worker is named by what follows its last one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nompcore.coin import Coin
from nompcore.messages import NetworkSnapshot
from nompcore.requests import BlockRow, MinerReply, MinerWorker, PaymentRow
from services.api.nomp.nomp_shapes import MS, Shape
from services.api.views.block_time import seconds_to_block
from services.api.views.hashrate_text import nomp_hashrate_string

PENDING, CONFIRMED = ("submitted", "pending"), ("confirmed",)
SENT = ("broadcast", "confirmed")

DAY_SECONDS, HOUR_SECONDS = 86_400, 3_600

ERROR: Shape = {"result": "error"}
"""The forks' answer to a request without an address."""


@dataclass(frozen=True, slots=True)
class MinerInPool:
    """What one pool knows of a miner."""

    coin: Coin
    network: NetworkSnapshot | None
    reply: MinerReply


def fork_blocks(keys: Mapping[str, str], blocks: Mapping[str, Iterable[BlockRow]]) -> Shape:
    """`/api/blocks`: "<pool>-<height>" → "hash:transaction:height:worker:time" of all living blocks."""
    return {
        f"{keys[pool]}-{row.height}": block_text(row)
        for pool, rows in blocks.items()
        for row in rows
        if row.status in (*PENDING, *CONFIRMED)
    }


def block_text(row: BlockRow) -> str:
    """One block as the forks keep it in Redis; the time in Unix milliseconds."""
    worker = row.worker.rsplit(":", 1)[-1]
    return ":".join(
        (row.block_hash_display, row.coinbase_txid_display, str(row.height), worker, str(row.time_ms))
    )


def fork_payments(coin: Coin, key: str, blocks: Sequence[BlockRow], payments: Iterable[PaymentRow]) -> Shape:
    """One pool of `/api/payments`: its pending blocks and its newest payments."""
    pending = [row for row in blocks if row.status in PENDING]
    return {
        "name": key,
        "pending": {
            "blocks": [block_text(row) for row in pending],
            "confirms": {row.block_hash_display: str(row.confirmations) for row in pending},
        },
        "payments": [_payment(row, coin.decimals) for row in payments if row.state in SENT],
    }


def worker_stats_of(address: str, pools: Iterable[MinerInPool], time_ms: int) -> Shape:
    """`/api/worker_stats`: one address in all pools together; amounts in coins."""
    shape: Shape = {
        "miner": address,
        "totalHash": 0.0,
        "totalShares": 0.0,
        "networkSols": 0,
        "immature": 0.0,
        "balance": 0.0,
        "paid": 0.0,
        "workers": {},
        "history": {},
    }
    for pool in pools:
        _add_money(shape, pool)
        for worker in pool.reply.workers:
            if worker.hashrate > 0 or worker.shares > 0:
                _add_worker(shape, worker, pool, time_ms)
    return shape


def _add_money(shape: Shape, pool: MinerInPool) -> None:
    reply, decimals = pool.reply, pool.coin.decimals
    shape["immature"] += _coins(reply.immature_sats, decimals)
    shape["balance"] += _coins(reply.balance_sats, decimals)
    shape["paid"] += _coins(reply.paid_sats, decimals)


def _add_worker(shape: Shape, worker: MinerWorker, pool: MinerInPool, time_ms: int) -> None:
    shape["totalHash"] += worker.hashrate
    shape["totalShares"] += worker.shares
    if pool.network is not None and pool.network.network_hashrate > 0:
        shape["networkSols"] = f"{pool.network.network_hashrate:.0f}"
    shape["workers"][worker.worker] = _worker(worker, pool)
    shape["history"][worker.worker] = [{"time": time_ms // MS, "hashrate": worker.hashrate}]


def _worker(worker: MinerWorker, pool: MinerInPool) -> Shape:
    difficulty = pool.network.difficulty if pool.network else 0
    seconds = seconds_to_block(difficulty, pool.coin.multiplier, worker.hashrate)
    return {
        "name": worker.worker,
        "diff": 0,
        "shares": worker.shares,
        "invalidshares": sum(worker.invalid.values()),
        "currRoundShares": worker.shares,
        "currRoundTime": 0,
        "hashrate": worker.hashrate,
        "hashrateString": nomp_hashrate_string(worker.hashrate),
        "luckDays": _fixed(seconds, DAY_SECONDS),
        "luckHours": _fixed(seconds, HOUR_SECONDS),
        "paid": 0,
        "balance": 0,
    }


def _fixed(seconds: float | None, unit_seconds: int) -> str:
    """As JavaScript prints it; what never comes is "Infinity"."""
    return "Infinity" if seconds is None else f"{seconds / unit_seconds:.3f}"


def _payment(row: PaymentRow, decimals: int) -> Shape:
    return {
        "time": row.time_ms,
        "txid": row.txid_display,
        "shares": 0,
        "paid": _coins(row.total_sats, decimals),
        "miners": len(row.outputs),
        "blocks": [],
        "amounts": {address: _coins(sats, decimals) for address, sats in row.outputs.items()},
        "balances": {},
        "work": {},
    }


def _coins(sats: int, decimals: int) -> float:
    """For clients that want a number; whoever counts uses /api/v1."""
    return float(sats / 10**decimals)
