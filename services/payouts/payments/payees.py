"""Who is due: which balances the next payment empties. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heapify, heappop
from typing import Final

import msgspec

from services.payouts.ledger import accounts
from services.payouts.payments.output_size import FALLBACK_DUST_SATS, OUTPUTS_WEIGHT

NOT_PAYABLE: Final = "no address that can be paid on this network"


@dataclass(frozen=True, slots=True)
class Payee:
    """One balance that is paid out whole."""

    account: str
    address: str
    amount_sats: int


@dataclass(frozen=True, slots=True)
class Rules:
    """What the pool's configuration says about who is due."""

    minimum_sats: int
    fee_address: str | None
    fee_threshold_sats: int


def _any_dust(_address: str) -> int:
    return FALLBACK_DUST_SATS


def _any_weight(_address: str) -> int:
    return 172  # the heaviest kinds of outputs: 32 bytes of a witness program


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for single addresses, and for what fits into one transaction."""

    minimums_sats: Mapping[str, int] = field(default_factory=dict)  # what a miner asked for
    quarantined: Mapping[str, str] = field(default_factory=dict)  # address → why nothing is sent to it
    dust_sats: Callable[[str], int] = _any_dust  # of an address that can be paid
    weight: Callable[[str], int] = _any_weight  # of the output that pays it
    weight_limit: int = OUTPUTS_WEIGHT


class LeftOut(msgspec.Struct, frozen=True, gc=False):  # there are very many: none for the collector to visit
    """A balance that the next payment does not touch, and why."""

    address: str
    amount_sats: int
    reason: str


@dataclass(frozen=True, slots=True)
class Due:
    """The next payment, and the balances it leaves out."""

    payees: list[Payee]
    left_out: list[LeftOut]

    @property
    def unpayable(self) -> list[str]:
        """Addresses that nothing can ever be sent to, sorted."""
        return sorted(row.address for row in self.left_out if row.reason == NOT_PAYABLE)


def choose(
    balances: Mapping[str, int], rules: Rules, is_payable: Callable[[str], bool], terms: Terms | None = None
) -> Due:
    """The largest balances that are due, as many as one transaction takes; one at least, if any is due.

    In the books, what is owed is negative.
    """
    terms = terms or Terms()
    due: list[tuple[int, str, str]] = []
    left_out: list[LeftOut] = []
    for account, address, sats in _owed(balances, rules):
        reason = _reason_to_wait(account, address, sats, rules, is_payable, terms)
        if reason is None:
            due.append((-sats, account, address))
        else:
            left_out.append(LeftOut(address, sats, reason))
    payees = _largest_that_fit(due, terms)
    no_room = [LeftOut(address, -sats, "no room in this transaction") for sats, _, address in due]
    return Due(payees, left_out + no_room)


def fee_to_withdraw_sats(balances: Mapping[str, int]) -> int:
    """What is left of the pool's fee after the coin network's fees, which it bears."""
    return max(0, -balances.get(accounts.FEE, 0) - balances.get(accounts.NETWORK_FEES, 0))


def _owed(balances: Mapping[str, int], rules: Rules) -> Iterator[tuple[str, str, int]]:
    """Account, address and sats of everybody who is owed something."""
    for account, sats in balances.items():
        if sats < 0 and (address := accounts.miner_address(account)) is not None:
            yield account, address, -sats
    fee_sats = fee_to_withdraw_sats(balances)
    if rules.fee_address is not None and fee_sats >= max(rules.fee_threshold_sats, 1):
        yield accounts.FEE, rules.fee_address, fee_sats


def _reason_to_wait(
    account: str, address: str, sats: int, rules: Rules, is_payable: Callable[[str], bool], terms: Terms
) -> str | None:
    """Why a balance is not due; None if it is."""
    if account != accounts.FEE:
        minimum_sats = max(rules.minimum_sats, terms.minimums_sats.get(address, 0))
        if sats < minimum_sats:
            return f"below the minimum of {minimum_sats}"
    if not is_payable(address):
        return NOT_PAYABLE
    if address in terms.quarantined:
        return f"quarantined: {terms.quarantined[address]}"
    dust_sats = terms.dust_sats(address)
    return f"below {dust_sats}, which nodes relay" if sats < dust_sats else None


def _largest_that_fit(due: list[tuple[int, str, str]], terms: Terms) -> list[Payee]:
    """Takes them out of `due`: negative sats, account, address. Few fit of very many: no need to sort all."""
    heapify(due)
    payees: list[Payee] = []
    weight = 0
    while due:
        sats, account, address = due[0]
        weight += terms.weight(address)
        if payees and weight > terms.weight_limit:
            break
        heappop(due)
        payees.append(Payee(account, address, -sats))
    return payees
