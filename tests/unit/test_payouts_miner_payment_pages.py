"""A miner's payments in pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.payouts.ledger.ledger import Ledger
from tests.unit.ledger_steps import NOW, close_accepted, confirm, intend
from tests.unit.payouts_samples import POOL, outcome, sqlite_ledger

PAYMENTS = 5


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Several payments to "a", the last ones made at the same time."""
    opened = sqlite_ledger(tmp_path)
    confirm(opened, close_accepted(opened, 1, {"a": 1, "b": 1}))
    for number in range(PAYMENTS):
        assert intend(opened, f"p{number}", a=1)
        opened.payments.store_signed(f"p{number}", transaction_hex="01", txid=f"t{number}", fee_sats=0)
        signed = opened.payments.open_payment(POOL)
        assert signed is not None
        opened.payments.mark_broadcast(signed, NOW + number)
    yield opened
    opened.close()


def page(ledger: Ledger, **where: int) -> list[str]:
    return [payment.txid_display for payment in ledger.reports.miner(POOL, "a", 0, **where).payments]


def test_pages_follow_each_other_and_tell_how_many_there_are(ledger: Ledger) -> None:
    whole = page(ledger)

    assert sorted(whole) == [f"t{number}" for number in range(PAYMENTS)]
    assert [txid for offset in (0, 2, 4) for txid in page(ledger, offset=offset, limit=2)] == whole
    assert ledger.reports.miner(POOL, "a", 0, offset=4, limit=2).payments_total == PAYMENTS


def test_a_page_behind_the_last_one_is_empty_and_the_miner_is_known_all_the_same(ledger: Ledger) -> None:
    behind = ledger.reports.miner(POOL, "a", 0, offset=100, limit=10)

    assert (behind.payments, behind.is_known, behind.payments_total) == ([], True, PAYMENTS)


def test_a_block_tells_its_coinbase(ledger: Ledger) -> None:
    (row,) = ledger.reports.block_page(POOL, 0, 10).blocks

    assert row.coinbase_txid_display == outcome(1).coinbase_txid_display != ""
