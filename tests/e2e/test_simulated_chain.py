"""Where there is no litecoind the pool runs on the simulated daemon, says so, and pays there too."""

from __future__ import annotations

import pytest

from tests.e2e.local_pool import local_pool, wait_until
from tests.e2e.test_share_to_payment import PAYMENT_SECONDS, ledger, paid


@pytest.mark.timeout(600)
def test_the_simulated_chain_carries_a_pool_from_share_to_payment() -> None:
    with local_pool(NOMP_DAEMON="simulated") as pool:
        assert "SIMULATED" in pool.announcement
        payment = wait_until(lambda: paid(pool), PAYMENT_SECONDS, "a payment in the API")[-1]
        assert pool.rpc("gettransaction", payment["txid"])["confirmations"] >= 0
        assert ledger(pool, "SELECT SUM(amount_sats) FROM entries") == [(0,)]
        assert pool.stop() == 0
        assert pool.processes() == []
