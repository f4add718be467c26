"""The whole pool as `make run` starts it: a real miner's shares become a block, a ledger and a payment."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from tests.e2e.local_pool import LocalPool, local_pool, wait_until
from tests.e2e.site_visit import visit_site

PAYMENTS = "/api/v1/pools/litecoin/payments"
# 100 blocks of maturity at the demo miner's pace take a minute on a quiet machine.
PAYMENT_SECONDS = 240.0


def paid(pool: LocalPool) -> list[dict[str, Any]]:
    return [row for row in pool.get(PAYMENTS)["payments"] if row["state"] in {"broadcast", "confirmed"}]


def ledger(pool: LocalPool, query: str) -> list[tuple[Any, ...]]:
    """Read the books behind the service's back."""
    connection = sqlite3.connect(f"file:{pool.home}/ledger/ledger.db?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


@pytest.mark.timeout(600)
def test_shares_become_a_block_a_ledger_and_a_payment_and_survive_a_restart() -> None:
    with local_pool() as pool:
        payment = wait_until(lambda: paid(pool), PAYMENT_SECONDS, "a payment in the API")[-1]
        miner = (pool.home / "addresses" / "miner").read_text().strip()

        transaction = pool.rpc("gettransaction", payment["txid"])
        sent = {row["address"]: row["amount"] for row in transaction["details"] if row["category"] == "send"}
        amount_sats = {row["address"]: row["amount"]["sats"] for row in payment["outputs"]}[miner]
        assert round(-sent[miner] * 10**8) == amount_sats
        in_ledger = ledger(pool, "SELECT amount_sats FROM payment_outputs ORDER BY rowid")
        assert (amount_sats,) in in_ledger
        assert ledger(pool, "SELECT SUM(amount_sats) FROM entries") == [(0,)]
        assert visit_site(pool.ports["API_PORT"], miner, payment["txid"]) == []

        height = pool.rpc("getblockcount")
        assert pool.stop() == 0
        assert pool.processes() == []

        pool.start()
        assert pool.rpc("getblockcount") >= height
        assert [row["txid"] for row in paid(pool)][-1] == payment["txid"]
        wait_until(lambda: pool.rpc("getblockcount") > height, 120, "the chain to grow after the restart")
        assert pool.stop() == 0
        assert pool.processes() == []
