"""kill -9 every program of the pool in turn while shares flow, then account for every share and coin."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from nompcore.messages import Share
from tests.chaos import books
from tests.chaos.miners import Fleet
from tests.e2e.local_pool import LocalPool, local_pool, wait_until

VICTIMS = ("stratum", "payouts", "jobmaker", "nats", "valkey", "litecoind-main", "notifier", "api")
ROUNDS = 2
EARLY_BLOCKS = 40
MATURITY = 100  # blocks, on regtest as on the main chain
BLOCKS_A_LOOK = 5
MINIMUM_SATS = 100_000  # of the shipped pool: what is less stays owed
RECOVERY_SECONDS = 60.0
SETTLE_SECONDS = 120.0
LEAST_PAYMENTS = 3  # fewer would say little


@pytest.mark.timeout(900)
async def test_every_promised_share_is_counted_once_and_no_payment_is_sent_twice() -> None:
    with local_pool(NOMP_DEMO_MINER="off") as pool:
        miner = (pool.home / "addresses" / "miner").read_text().strip()
        fleet = Fleet(pool.ports["STRATUM_PORT"], miner, size=4, block_every=40)
        async with asyncio.TaskGroup() as group:
            group.create_task(fleet.run())
            await let_payments_flow(pool, miner)
            for victim in VICTIMS * ROUNDS:
                await kill_and_recover(pool, fleet, miner, victim)
            await until(lambda: has_paid_after_more_blocks(pool, miner), "payments enough", SETTLE_SECONDS)
            fleet.stopping.set()
        await settle(pool, miner)

        shares, _ = await books.share_log(pool)
        check_shares(pool, fleet, shares)
        await check_blocks(pool)
        check_money(pool, miner)


async def let_payments_flow(pool: LocalPool, miner: str) -> None:
    """Blocks of the pool's own, then so many of others' that its rewards mature while programs are killed."""
    pending = "SELECT id FROM blocks WHERE status = 'pending'"
    await until(lambda: len(books.ledger(pool, pending)) >= EARLY_BLOCKS, "blocks of the pool")
    await mine(pool, miner, MATURITY - EARLY_BLOCKS)
    await until(lambda: books.ledger(pool, "SELECT id FROM payments WHERE txid != ''"), "a payment")


async def kill_and_recover(pool: LocalPool, fleet: Fleet, miner: str, victim: str) -> None:
    """Shares, and payments where blocks mature, go on after the kill."""
    await mine(pool, miner, 2)
    await asyncio.to_thread(pool.kill, victim)
    promised = fleet.promised.total()
    await until(lambda: fleet.promised.total() > promised + 20, f"20 shares after killing {victim}")


def has_paid_after_more_blocks(pool: LocalPool, miner: str) -> bool:
    pool.rpc("generatetoaddress", 1, miner, port="LITECOIN_BACKUP_RPC_PORT")
    return len(books.ledger(pool, "SELECT id FROM payments WHERE txid != ''")) >= LEAST_PAYMENTS


async def settle(pool: LocalPool, miner: str) -> None:
    """Until everything stored is counted, every block has its outcome, and every payment is final."""
    _, last = await books.share_log(pool)
    await until(lambda: books.tally_position(pool) >= last, "the log to be counted")
    found = await books.blocks_found(pool)
    await until(lambda: found <= settled_blocks(pool), "outcomes of all blocks found", SETTLE_SECONDS)
    await until(lambda: is_final_after_more_blocks(pool, miner), "payments to be final", SETTLE_SECONDS)


def settled_blocks(pool: LocalPool) -> set[str]:
    rows = books.ledger(pool, "SELECT block_hash FROM blocks WHERE status != 'submitted'")
    return {block_hash for (block_hash,) in rows}


def is_final_after_more_blocks(pool: LocalPool, miner: str) -> bool:
    """Every block matured, everything due paid and confirmed: nothing moves any more while it is checked."""
    pool.rpc("generatetoaddress", BLOCKS_A_LOOK, miner, port="LITECOIN_BACKUP_RPC_PORT")
    unsettled = (
        "SELECT id FROM payments WHERE state != 'confirmed'",
        "SELECT id FROM blocks WHERE status IN ('submitted', 'pending')",
        f"SELECT account FROM entries WHERE account = 'miner:{miner}' "
        f"GROUP BY account HAVING -SUM(amount_sats) >= {MINIMUM_SATS}",
    )
    return not any(books.ledger(pool, query) for query in unsettled)


def check_shares(pool: LocalPool, fleet: Fleet, shares: list[Share]) -> None:
    logged = Counter((share.worker, share.job_id, share.share_difficulty) for share in shares)
    assert fleet.promised.total() > 500, "the test needs shares to say anything"
    assert not [identity for identity, count in fleet.promised.items() if count != 1]
    assert not [identity for identity in fleet.promised if logged[identity] != 1], "promised, not logged once"
    assert not [identity for identity, count in logged.items() if count != 1], "logged twice"

    per_worker = Counter(share.worker for share in shares)
    assert books.tallied_shares(pool) == dict(per_worker)
    counted = books.tallied_work(pool) + books.closed_work(pool)
    assert counted == books.work_of(shares)


async def check_blocks(pool: LocalPool) -> None:
    """Every candidate has an outcome, and the chain agrees with the ledger about every one of them."""
    rows = dict(books.ledger(pool, "SELECT block_hash, status FROM blocks"))
    assert await books.blocks_found(pool) == set(rows)
    for block_hash, status in rows.items():
        if status in {"pending", "confirmed"}:
            assert pool.rpc("getblockheader", block_hash)["confirmations"] > 0
    mined = pool.rpc("listtransactions", "*", 100_000)
    own = {row["blockhash"] for row in mined if row["category"] in {"generate", "immature"}}
    assert own == {block_hash for block_hash, status in rows.items() if status in {"pending", "confirmed"}}


def check_money(pool: LocalPool, miner: str) -> None:
    assert books.ledger(pool, "SELECT SUM(amount_sats) FROM entries") == [(0,)]
    payments = books.ledger(pool, "SELECT txid, total_sats FROM payments")
    assert len(payments) >= LEAST_PAYMENTS
    assert books.wallet_payments(pool) == Counter(txid for txid, _ in payments)
    for txid, total_sats in payments:
        received = pool.rpc("gettransaction", txid, port="LITECOIN_BACKUP_RPC_PORT")
        assert received["confirmations"] > 0
        assert round(received["amount"] * 10**8) == total_sats, "the miner is the only payee"
    credited = books.ledger(pool, f"SELECT -SUM(amount_sats) FROM entries WHERE account = 'miner:{miner}'")[
        0
    ][0]
    earned = books.ledger(
        pool,
        "SELECT -SUM(amount_sats) FROM entries JOIN transfers ON transfers.id = transfer_id "
        f"WHERE kind = 'reward' AND account = 'miner:{miner}'",
    )[0][0]
    assert earned == credited + sum(total for _, total in payments)


async def mine(pool: LocalPool, miner: str, count: int) -> None:
    """Blocks of somebody else, on the node that is never killed."""
    await asyncio.to_thread(pool.rpc, "generatetoaddress", count, miner, port="LITECOIN_BACKUP_RPC_PORT")


async def until(question: object, what: str, seconds: float = RECOVERY_SECONDS) -> None:
    """Wait in a thread, so that the miners go on."""
    assert callable(question)
    await asyncio.to_thread(wait_until, question, seconds, what)
