"""Which addresses can be paid, and how large their outputs are: found out once for each. Pure.

Reading an address takes up to 30 µs, and every plan is about all that are owed anything.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final

from nompcore.address import NetworkParams, script_for
from nompcore.errors import AddressError
from services.payouts.payments.output_size import OutputSize, size_of

ADDRESSES_KEPT: Final = 500_000
"""Some 100 MB, where a pool ever owed so many."""


class PayableAddresses:
    """Those of one network."""

    def __init__(self, network: NetworkParams) -> None:
        self._network = network
        self._sizes: dict[OutputSize, OutputSize] = {}  # a handful, each of them once in memory
        self.size = lru_cache(maxsize=ADDRESSES_KEPT)(self._size)
        """The size of an output to an address; None if it can never be paid."""

    def is_payable(self, address: str) -> bool:
        """Whether anything can be sent to it on this network."""
        return self.size(address) is not None

    def size_of_payable(self, address: str) -> OutputSize:
        """The same of an address that can be paid."""
        size = self.size(address)
        assert size is not None, f"{address} cannot be paid"
        return size

    def _size(self, address: str) -> OutputSize | None:
        try:
            size = size_of(script_for(address, self._network))
        except AddressError:
            return None
        return self._sizes.setdefault(size, size)


@cache
def payable_addresses(network: NetworkParams) -> PayableAddresses:
    """The ones of a network; all its plans share them."""
    return PayableAddresses(network)
