"""Who is due: which balances the next payment empties. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from services.payouts import accounts
from services.payouts.output_size import FALLBACK_DUST_SATS, OUTPUTS_WEIGHT

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


@dataclass(frozen=True, slots=True)
class LeftOut:
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
    due: list[Payee] = []
    left_out: list[LeftOut] = []
    for payee in [*_miners(balances), *_fee_payee(balances, rules)]:
        reason = _reason_to_wait(payee, rules, is_payable, terms)
        if reason is None:
            due.append(payee)
        else:
            left_out.append(LeftOut(payee.address, payee.amount_sats, reason))
    due.sort(key=lambda payee: (-payee.amount_sats, payee.account))
    count = _count_that_fits(due, terms)
    no_room = [LeftOut(row.address, row.amount_sats, "no room in this transaction") for row in due[count:]]
    return Due(due[:count], left_out + no_room)


def fee_to_withdraw_sats(balances: Mapping[str, int]) -> int:
    """What is left of the pool's fee after the coin network's fees, which it bears."""
    return max(0, -balances.get(accounts.FEE, 0) - balances.get(accounts.NETWORK_FEES, 0))


def _miners(balances: Mapping[str, int]) -> list[Payee]:
    return [
        Payee(account, address, -sats)
        for account, sats in balances.items()
        if sats < 0 and (address := accounts.miner_address(account)) is not None
    ]


def _fee_payee(balances: Mapping[str, int], rules: Rules) -> list[Payee]:
    sats = fee_to_withdraw_sats(balances)
    if rules.fee_address is None or sats < max(rules.fee_threshold_sats, 1):
        return []
    return [Payee(accounts.FEE, rules.fee_address, sats)]


def _reason_to_wait(
    payee: Payee, rules: Rules, is_payable: Callable[[str], bool], terms: Terms
) -> str | None:
    """Why a balance is not due; None if it is."""
    if payee.account != accounts.FEE:
        minimum_sats = max(rules.minimum_sats, terms.minimums_sats.get(payee.address, 0))
        if payee.amount_sats < minimum_sats:
            return f"below the minimum of {minimum_sats}"
    if not is_payable(payee.address):
        return NOT_PAYABLE
    if payee.address in terms.quarantined:
        return f"quarantined: {terms.quarantined[payee.address]}"
    dust_sats = terms.dust_sats(payee.address)
    return f"below {dust_sats}, which nodes relay" if payee.amount_sats < dust_sats else None


def _count_that_fits(due: list[Payee], terms: Terms) -> int:
    weight = 0
    for count, payee in enumerate(due):
        weight += terms.weight(payee.address)
        if count and weight > terms.weight_limit:
            return count
    return len(due)
