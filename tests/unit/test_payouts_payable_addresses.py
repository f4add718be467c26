"""What is known of addresses is what their scripts say, however often it is asked."""

from __future__ import annotations

import pytest

from nompcore.address import script_for
from services.payouts.payments.output_size import size_of
from services.payouts.payments.payable_addresses import PayableAddresses, payable_addresses
from tests.bench.bench_miners import addresses, network


def test_sizes_are_those_of_the_scripts() -> None:
    payable = PayableAddresses(network())
    for address in addresses(10) * 2:
        assert payable.is_payable(address)
        assert payable.size_of_payable(address) == size_of(script_for(address, network()))
    assert payable.size.cache_info().hits == 30


def test_what_is_no_address_stays_none() -> None:
    payable = PayableAddresses(network())
    for name in ("unassigned:bob", "", "LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9x"):
        assert payable.size(name) is None
        assert not payable.is_payable(name)
    with pytest.raises(AssertionError, match="cannot be paid"):
        payable.size_of_payable("bob")


def test_all_plans_of_a_network_share_them() -> None:
    assert payable_addresses(network()) is payable_addresses(network())
