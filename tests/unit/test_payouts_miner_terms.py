"""A minimum payment that a miner asks for: never below the pool's, and taken back with 0."""

from __future__ import annotations

import pytest

from nompcore.errors import LedgerError
from nompcore.requests import MinerTerms, MinerTermsReply
from services.payouts.control.control_order import ControlRefused
from services.payouts.control.miner_terms import MinerTermsDesk
from services.payouts.ledger.ledger import Ledger
from tests.unit.payouts_samples import POOL

POOL_MINIMUM = 1_000


def desk(ledger: Ledger) -> MinerTermsDesk:
    return MinerTermsDesk(ledger.payees, pool=POOL, pool_minimum_sats=POOL_MINIMUM)


async def test_a_minimum_is_noted_and_taken_back(ledger: Ledger) -> None:
    noted = await desk(ledger).answer(MinerTerms(address="a", minimum_sats=5_000))
    assert noted == MinerTermsReply(minimum_sats=5_000, pool_minimum_sats=POOL_MINIMUM)
    assert ledger.payees.minimums(POOL) == {"a": 5_000}

    taken_back = await desk(ledger).answer(MinerTerms(address="a", minimum_sats=0))
    assert taken_back == MinerTermsReply(minimum_sats=POOL_MINIMUM, pool_minimum_sats=POOL_MINIMUM)
    assert ledger.payees.minimums(POOL) == {}


@pytest.mark.parametrize("sats", [1, POOL_MINIMUM - 1, -1, 2**62 + 1])
async def test_what_the_pool_would_not_do_changes_nothing(ledger: Ledger, sats: int) -> None:
    ledger.payees.set_minimum(POOL, "a", 7_000, 1)

    with pytest.raises((ControlRefused, LedgerError)):
        await desk(ledger).answer(MinerTerms(address="a", minimum_sats=sats))

    assert ledger.payees.minimums(POOL) == {"a": 7_000}
