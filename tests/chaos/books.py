"""What a pool's stores say, read behind the services' backs: share log, tallies, ledger, wallet."""

from __future__ import annotations

import sqlite3
from collections import Counter
from typing import Any

import nats
import redis
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from nompcore.messages import BlockFound, Share, ShareBatch
from nompcore.subjects import BLOCK_FOUND, BLOCKS, SHARE_BATCH, SHARES
from nompcore.target import work_from_difficulty
from nompcore.wire import decode
from tests.e2e.local_pool import LocalPool

POOL = "litecoin"
FETCH = 500


async def _stream(pool: LocalPool, stream: str, subject: str) -> list[tuple[int, bytes]]:
    """Every message of a subject, with its sequence, as the unrestricted user."""
    url = f"nats://operator:{pool.secret('nats_operator')}@127.0.0.1:{pool.ports['NATS_PORT']}"
    client = await nats.connect(url)
    try:
        jetstream = client.jetstream()
        config = ConsumerConfig(ack_policy=AckPolicy.NONE, deliver_policy=DeliverPolicy.ALL)
        reader = await jetstream.pull_subscribe(subject, stream=stream, config=config)
        pending = (await reader.consumer_info()).num_pending or 0
        found: list[tuple[int, bytes]] = []
        while len(found) < pending:
            messages = await reader.fetch(min(FETCH, pending - len(found)), timeout=10)
            found += [(message.metadata.sequence.stream, message.data) for message in messages]
        return found
    finally:
        await client.close()


async def share_log(pool: LocalPool) -> tuple[list[Share], int]:
    """All shares in the log, and the sequence of its last message."""
    stored = await _stream(pool, SHARES.name, SHARE_BATCH.of(POOL))
    shares = [share for _, data in stored for share in decode(ShareBatch, data).shares]
    return shares, stored[-1][0]


async def blocks_found(pool: LocalPool) -> set[str]:
    """Hashes of all announced block candidates."""
    stored = await _stream(pool, BLOCKS.name, BLOCK_FOUND.of(POOL))
    return {decode(BlockFound, data).block_hash_display for _, data in stored}


def _redis(pool: LocalPool) -> redis.Redis:
    return redis.Redis(port=pool.ports["REDIS_PORT"], password=pool.secret("redis"), decode_responses=True)


def tally_position(pool: LocalPool) -> int:
    """Up to which message of the log payouts has counted."""
    with _redis(pool) as client:
        stored = str(client.get(f"nomp:{{{POOL}}}:sequence") or 0)
        return -1 if stored.endswith("+") else int(stored)  # a part of it is still to be added


def tallied_shares(pool: LocalPool) -> dict[str, int]:
    """Worker → shares counted."""
    with _redis(pool) as client:
        counts: dict[str, str] = client.hgetall(f"nomp:{{{POOL}}}:workers:valid")
        return {worker: int(count) for worker, count in counts.items()}


def tallied_work(pool: LocalPool) -> Counter[str]:
    """Address → work in the running round and in rounds that the ledger does not have yet."""
    prefix = f"nomp:{{{POOL}}}:"
    total: Counter[str] = Counter()
    with _redis(pool) as client:
        hashes: dict[str, Any] = client.hgetall(prefix + "rounds")
        for name in ["current", *hashes]:
            weights: dict[str, str] = client.hgetall(f"{prefix}round:{name}")
            total.update({address: int(work) for address, work in weights.items()})
    return total


def ledger(pool: LocalPool, query: str) -> list[tuple[Any, ...]]:
    """Ask the ledger."""
    connection = sqlite3.connect(f"file:{pool.home}/ledger/ledger.db?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def closed_work(pool: LocalPool) -> Counter[str]:
    """Address → work in the ledger's rounds; a dead round's work is part of the one it was returned into."""
    rows = ledger(
        pool,
        "SELECT round_shares.address, work FROM round_shares JOIN blocks ON blocks.id = block_id "
        "WHERE returned_into IS NULL",
    )
    total: Counter[str] = Counter()
    for address, work in rows:
        total[address] += int(work)
    return total


def work_of(shares: list[Share]) -> Counter[str]:
    """Address → work of these shares."""
    total: Counter[str] = Counter()
    for share in shares:
        total[share.address] += work_from_difficulty(share.difficulty)
    return total


def wallet_payments(pool: LocalPool) -> Counter[str]:
    """Transactions the pool's wallet has sent: txid → outputs to others."""
    rows = pool.rpc("listtransactions", "*", 100_000)
    return Counter(row["txid"] for row in rows if row["category"] == "send")
