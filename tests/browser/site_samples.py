"""Two busy pools and their miners, as payouts and jobmaker tell them: by arithmetic, always the same."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from nompcore.config import (
    PaymentConfig,
    PoolConfig,
    PortalConfig,
    PortConfig,
    SchemeConfig,
    VarDiffConfig,
    WebsiteConfig,
)
from nompcore.messages import NetworkSnapshot, PoolSnapshot, WorkerSnapshot
from nompcore.requests import (
    BlockRow,
    HistoryPoint,
    MinerHistoryReply,
    MinerPayment,
    MinerReply,
    MinerWorker,
    PaymentRow,
    WorkerHistory,
)
from tests.unit import api_samples as samples
from tests.unit.chain_samples import coin

NOW_MS = samples.NOW_MS
INTERVAL_SECONDS = 5.0

LITECOIN, BITCOIN = POOLS = ("litecoin", "bitcoin")
ADDRESSES = {
    LITECOIN: ["LMgENNXzzuPxp7vfMjDrCU44bsmrEMgqvc", "ltc1qhdhvrwe6rgqns8fz28tee0hphr5x7ulw5exv4w"],
    BITCOIN: ["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"],
}
MINER = ADDRESSES[LITECOIN][0]
EVERYWHERE = ADDRESSES[BITCOIN][0]
"""It mines at both pools, as if the coins shared version bytes."""

HOSTILE_WORKER = '<img src=x onerror="document.title=1"><b>bold</b>'

HASHRATE = {LITECOIN: 4.82e12, BITCOIN: 318.4e15}
MINERS = {LITECOIN: 41, BITCOIN: 67}
ROUND = {LITECOIN: 0.41, BITCOIN: 1.27}
"""Work of the current round over what a block takes on average."""

BLOCKS, WORKERS, PAYMENTS, POINTS = 137, 124, 61, 480
POINT_SECONDS, BLOCK_SECONDS = 90, 9_140

NETWORK = {
    LITECOIN: {"height": 2_950_123, "difficulty": 94_614_122.0 * 65536, "network_hashrate": 2.71e15},
    BITCOIN: {"height": 925_418, "difficulty": 152_271_658_140_000.0, "network_hashrate": 1.09e21},
}


def portal_config() -> PortalConfig:
    """Both pools: Litecoin pays by PPLNS and has a TLS port, Bitcoin pays by PROP."""
    return PortalConfig(
        pools={LITECOIN: _pool(LITECOIN), BITCOIN: _pool(BITCOIN)},
        website=WebsiteConfig(stratum_host="pool.example", update_interval_seconds=INTERVAL_SECONDS),
    )


def _pool(name: str) -> PoolConfig:
    first = 3032 if name == LITECOIN else 3333
    return PoolConfig(
        name=name,
        coin=coin(f"{name}.json"),
        network="main",
        address=ADDRESSES[name][0],
        ports={
            first: PortConfig(diff=8192, var_diff=VarDiffConfig(min_diff=512, max_diff=4_194_304)),
            first + 1: PortConfig.model_validate({"diff": 65536, "tls": True}),
        },
        daemons=(samples.daemon_config(),),
        payments=PaymentConfig(
            payment_interval_seconds=7200,
            minimum_payment_sats=1_000_000,
            minimum_reserve_sats=0,
            fee_ppm=10_000,
            fee_receive_address=None,
            fee_withdrawal_threshold_sats=0,
            scheme=SchemeConfig(name="pplns" if name == LITECOIN else "prop"),
            daemon=samples.daemon_config(),
        ),
    )


def pool_snapshot(pool: str, **changes: Any) -> PoolSnapshot:
    """payouts' view."""
    usual = {
        "hashrate": HASHRATE[pool],
        "worker_count": WORKERS,
        "miner_count": MINERS[pool],
        "valid_shares": 48_213_377,
        "invalid_shares": 90_412,
        "blocks_pending": 3,
        "blocks_confirmed": BLOCKS - 5,
        "blocks_orphaned": 2,
        "total_paid_sats": 86_412_250_000,
        "round_difficulty": ROUND[pool] * float(NETWORK[pool]["difficulty"]),
        "workers": workers(pool),
    }
    return samples.pool_snapshot(pool=pool, **{**usual, **changes})


def network_snapshot(pool: str) -> NetworkSnapshot:
    """jobmaker's view."""
    return samples.network_snapshot(pool=pool, **NETWORK[pool])


def workers(pool: str) -> list[WorkerSnapshot]:
    """The first with a name that is markup, the next those of `ADDRESSES`."""
    names = [HOSTILE_WORKER] + [
        f"{ADDRESSES[pool][n % 2]}.rig{n:03d}" for n in range(1, WORKERS)
    ]  # fmt: skip
    weights = [1.6**-n + 0.002 * (WORKERS - n) for n in range(WORKERS)]
    return [
        samples.worker(
            name, HASHRATE[pool] * weight / sum(weights), 9000 * weight, int(4e5 * weight) + 9, n % 7
        )
        for n, (name, weight) in enumerate(zip(names, weights, strict=True))
    ]


def history(pool: str) -> list[HistoryPoint]:
    """Twelve hours, oldest first."""
    return [_point(pool, number) for number in range(POINTS)]


def _point(pool: str, number: int) -> HistoryPoint:
    phase = 0.0 if pool == LITECOIN else 2.5
    noise = (number * 2_654_435_761 % 1_000) / 1_000 - 0.5
    wave = 1 + 0.07 * math.sin(number / 31 + phase) + 0.03 * math.sin(number / 11 + phase) + 0.04 * noise
    return HistoryPoint(
        time_ms=NOW_MS - (POINTS - 1 - number) * POINT_SECONDS * 1000,
        hashrate=HASHRATE[pool] * wave * (0.8 + 0.2 * number / POINTS),
        workers=round(WORKERS * (0.9 + 0.1 * math.sin(number / 40))),
        blocks_pending=3,
        blocks_confirmed=BLOCKS - 5,
        blocks_orphaned=2,
    )


def blocks(pool: str) -> list[BlockRow]:
    """Newest first: three pending, two orphaned, the others confirmed."""
    return [_block(pool, number) for number in range(BLOCKS)]


def _block(pool: str, number: int) -> BlockRow:
    luck = (number * 0.6180339887 + 0.31) % 1
    status = "pending" if number < 3 else "orphaned" if number in (17, 60) else "confirmed"
    difficulty = float(NETWORK[pool]["difficulty"]) * (1 - 0.004 * (number // 6))
    return BlockRow(
        height=int(NETWORK[pool]["height"]) - 7 - 63 * number,
        block_hash_display=f"{(number + 1) * 0x9E3779B97F4A7C15 % 2**64:016x}".rjust(64, "0"),
        status=status,
        worker=workers(pool)[number % 5].worker,
        reward_sats=625_000_000 if pool == LITECOIN else 312_500_000,
        confirmations=(11, 41, 88)[number] if status == "pending" else 100,
        difficulty=difficulty * 1.3,
        time_ms=NOW_MS - 1_620_000 - number * BLOCK_SECONDS * 1000,
        effort=-math.log(1 - luck * 0.95),
        network_difficulty=difficulty,
    )


def payments() -> list[PaymentRow]:
    """Newest first; the newest is on its way."""
    return [_payment(number) for number in range(PAYMENTS)]


def _payment(number: int) -> PaymentRow:
    return samples.payment_row(
        payment_id=f"p-{number}",
        state="broadcast" if number == 0 else "confirmed",
        txid_display=f"{(number + 3) * 0xC2B2AE3D27D4EB4F % 2**64:016x}" * 4,
        total_sats=612_004_310 + 1_337_331 * number,
        time_ms=NOW_MS - 900_000 - number * 7_200_000,
    )


def miner_reply(pool: str, address: str) -> MinerReply:
    """`MINER` at Litecoin and `EVERYWHERE`; nobody else is known."""
    if address != EVERYWHERE and (pool, address) != (LITECOIN, MINER):
        return MinerReply(address=address, known=False)
    return MinerReply(
        address=address,
        known=True,
        balance_sats=640_250,
        immature_sats=2_310_007,
        paid_sats=412_007_550,
        workers=[_miner_worker(address, "rig001", 1.2), _miner_worker(address, HOSTILE_WORKER, 0.4)],
        payments=[_miner_payment(number) for number in range(8)],
    )


def miner_history(address: str) -> MinerHistoryReply:
    """A day of both workers, with an hour in which payouts was away and one in which a rig was."""
    curves = {"rig001": _rates(1.2, range(80, 86)), HOSTILE_WORKER: _rates(0.4, range(0))}
    for curve in curves.values():
        curve[40:46] = [None] * 6
    steps = zip(*curves.values(), strict=True)
    return MinerHistoryReply(
        step_seconds=600,
        first_ms=NOW_MS - NOW_MS % 600_000 - 143 * 600_000,
        hashrates=[None if None in step else sum(rate or 0.0 for rate in step) for step in steps],
        workers=[WorkerHistory(worker=f"{address}.{rig}", hashrates=curve) for rig, curve in curves.items()],
    )


def _rates(part: float, away: range) -> list[float | None]:
    waves = (1 + 0.08 * math.sin(number / 9 + part) + 0.03 * math.sin(number / 2) for number in range(143))
    return [0.0 if number in away else part * 9.4e9 * wave for number, wave in enumerate(waves)]


def _miner_worker(address: str, rig: str, part: float) -> MinerWorker:
    return msgspec.structs.replace(
        samples.miner_reply().workers[0], worker=f"{address}.{rig}", hashrate=part * 9.4e9, shares=part * 4e6
    )


def _miner_payment(number: int) -> MinerPayment:
    return MinerPayment(
        payment_id=f"p-{number}",
        txid_display=_payment(number).txid_display,
        amount_sats=1_204_310 + 7_331 * number,
        state=_payment(number).state,
        time_ms=_payment(number).time_ms,
    )
