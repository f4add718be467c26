"""A pool with something to show, as the messages tell it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from nompcore.config import (
    DaemonConfig,
    PaymentConfig,
    PoolConfig,
    PortalConfig,
    PortConfig,
    VarDiffConfig,
    WebsiteConfig,
)
from nompcore.messages import (
    DaemonState,
    NetworkSnapshot,
    PoolSnapshot,
    ReplicaStats,
    WorkerSnapshot,
)
from nompcore.requests import (
    BlockRow,
    BlocksReply,
    HistoryPoint,
    MinerHistoryReply,
    MinerPayment,
    MinerReply,
    MinerWorker,
    PaymentRow,
    PaymentsReply,
    WorkerHistory,
)
from tests.unit.chain_samples import coin
from tests.unit.config_dir import DAEMON

POOL = "litecoin"
SCRYPT_MULTIPLIER = 65536
NOW_MS = 1_764_000_000_123
INTERVAL_SECONDS = 15.0
HOSTILE_WORKER = "<b>bold</b>"
BLOCK_HASH = "ab" * 32
TXID = "cd" * 32
ADDRESS = "LaddressOne"

VECTORS = Path(__file__).parents[1] / "vectors"


def nomp_vector(name: str) -> Any:
    """What NOMP would answer for the samples."""
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def daemon_config() -> DaemonConfig:
    """A daemon whose password must never show."""
    return DaemonConfig.model_validate({**DAEMON, "password": "rpc-secret-never-shown"})


def pool_config(network: str = "main", name: str = POOL) -> PoolConfig:
    """The pool."""
    return PoolConfig(
        name=name,
        coin=coin("litecoin.json"),
        network=network,
        address="LpoolAddress",
        ports={
            3032: PortConfig(diff=32, var_diff=VarDiffConfig(min_diff=8, max_diff=512)),
            3256: PortConfig(diff=256),
        },
        daemons=(daemon_config(),),
        payments=PaymentConfig(
            payment_interval_seconds=30,
            minimum_payment_sats=100_000,
            minimum_reserve_sats=0,
            fee_ppm=15_000,
            fee_receive_address=None,
            fee_withdrawal_threshold_sats=0,
            daemon=daemon_config(),
        ),
    )


def portal_config(**website: Any) -> PortalConfig:
    """The portal of that pool."""
    site = {"stratum_host": "pool.example", "update_interval_seconds": INTERVAL_SECONDS, **website}
    return PortalConfig(pools={POOL: pool_config()}, website=WebsiteConfig(**site))


def worker(name: str, hashrate: float, shares: float, valid: int, invalid: int) -> WorkerSnapshot:
    """One worker of the snapshot."""
    return WorkerSnapshot(
        worker=name,
        hashrate=hashrate,
        shares=shares,
        valid=valid,
        invalid=invalid,
        last_share_ms=NOW_MS - 3000,
    )


def pool_snapshot(**changes: Any) -> PoolSnapshot:
    """payouts' view."""
    snapshot = PoolSnapshot(
        pool=POOL,
        hashrate=2_500_000.0,
        worker_count=3,
        miner_count=2,
        valid_shares=1234,
        invalid_shares=5,
        valid_blocks=7,
        invalid_blocks=0,
        blocks_pending=2,
        blocks_confirmed=4,
        blocks_orphaned=1,
        total_paid_sats=7_506_250_000,
        round_difficulty=576.75 * SCRYPT_MULTIPLIER,
        workers=[
            worker("LaddressOne.rig1", 1_500_000.0, 512.5, 1000, 3),
            worker(HOSTILE_WORKER, 500_000.0, 64.0, 200, 0),
            worker("LaddressTwo", 500_000.0, 0.25, 34, 2),
        ],
        payments_state="running",
        time_ms=NOW_MS - 2000,
    )
    return msgspec.structs.replace(snapshot, **changes)


def network_snapshot(**changes: Any) -> NetworkSnapshot:
    """jobmaker's view."""
    snapshot = NetworkSnapshot(
        pool=POOL,
        chain="main",
        height=2_950_123,
        difficulty=2307.0 * SCRYPT_MULTIPLIER,
        network_hashrate=9.5e14,
        job_id="1f",
        daemons=[
            DaemonState(name="10.1.2.3:9332", state="ok", height=2_950_122),
            DaemonState(name="10.1.2.4:9332", state="unreachable"),
        ],
        time_ms=NOW_MS - 1000,
    )
    return msgspec.structs.replace(snapshot, **changes)


def replica_stats(replica: str = "host-1", pool: str = POOL) -> ReplicaStats:
    """A pulse."""
    return ReplicaStats(
        pool=pool,
        replica=replica,
        connections=12,
        workers=3,
        accepted=400,
        rejected={"stale": 2, "duplicate": 1},
        blocks=1,
        time_ms=NOW_MS,
    )


def history_point(age_seconds: int, **changes: Any) -> HistoryPoint:
    """One point of the history."""
    point = HistoryPoint(
        time_ms=1_764_000_000_000 - age_seconds * 1000,
        hashrate=2_000_000.0,
        workers=2,
        blocks_pending=1,
        blocks_confirmed=4,
        blocks_orphaned=1,
    )
    return msgspec.structs.replace(point, **changes)


def history() -> list[HistoryPoint]:
    """Two points, one interval apart."""
    return [history_point(30), history_point(15, hashrate=2_250_000.0, workers=3, blocks_pending=2)]


def block_row(**changes: Any) -> BlockRow:
    """A found block."""
    row = BlockRow(
        height=2_950_100,
        block_hash_display=BLOCK_HASH,
        status="pending",
        worker=HOSTILE_WORKER,
        reward_sats=1_250_000_000,
        confirmations=22,
        difficulty=2307.0,
        time_ms=NOW_MS - 3_600_000,
        effort=0.5,
        network_difficulty=2307.0 * SCRYPT_MULTIPLIER,
        coinbase_txid_display=TXID,
    )
    return msgspec.structs.replace(row, **changes)


def blocks_reply() -> BlocksReply:
    """A page with one block of seven."""
    return BlocksReply(total=7, blocks=[block_row()])


def payment_row(**changes: Any) -> PaymentRow:
    """A payment to two addresses."""
    row = PaymentRow(
        payment_id="p-1",
        state="confirmed",
        txid_display=TXID,
        total_sats=300_000_001,
        fee_sats=2_000,
        outputs={"LaddressTwo": 100_000_000, ADDRESS: 200_000_001},
        time_ms=NOW_MS - 60_000,
    )
    return msgspec.structs.replace(row, **changes)


def payments_reply() -> PaymentsReply:
    """A page with one payment."""
    return PaymentsReply(total=1, payments=[payment_row()])


def miner_history_reply() -> MinerHistoryReply:
    """Three steps; in the first nothing was noted."""
    rates = [None, 1_500_000.0, 0.0]
    worker = WorkerHistory(worker=f"{ADDRESS}.<script>alert(1)</script>", hashrates=rates)
    return MinerHistoryReply(step_seconds=600, first_ms=1_763_998_200_000, hashrates=rates, workers=[worker])


def miner_reply(address: str = ADDRESS) -> MinerReply:
    """A miner with one worker of a hostile name."""
    return MinerReply(
        address=address,
        known=True,
        balance_sats=150_000_000,
        immature_sats=1,
        paid_sats=200_000_001,
        workers=[
            MinerWorker(
                worker=f"{ADDRESS}.<script>alert(1)</script>",
                hashrate=1_500_000.0,
                shares=512.5,
                valid=1000,
                invalid={"stale": 2, "duplicate": 1},
                best_share_difficulty=4096.5,
                last_share_ms=NOW_MS - 3000,
                ip="203.0.113.77",
            )
        ],
        payments=[
            MinerPayment(
                payment_id="p-1",
                txid_display=TXID,
                amount_sats=200_000_001,
                state="confirmed",
                time_ms=NOW_MS - 60_000,
            )
        ],
    )
