"""Who is due: which balances the next payment empties. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.payouts import accounts

MAX_OUTPUTS = 500
"""About 17 kB of outputs, far from the 100 kB that nodes relay, with room for as many inputs."""

DUST_SATS = 6_000
"""Nodes refuse outputs below 546 (Bitcoin) or 5,460 (Litecoin). A lower minimum payment waits for this."""


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


@dataclass(frozen=True, slots=True)
class Due:
    """The next payment, and the miners it has to leave out because nothing can be sent to their address."""

    payees: list[Payee]
    unpayable: list[str]


def choose(balances: Mapping[str, int], rules: Rules, is_payable: Callable[[str], bool]) -> Due:
    """The largest balances that are due, at most MAX_OUTPUTS. In the books, what is owed is negative."""
    minimum_sats = max(rules.minimum_sats, DUST_SATS)
    due, unpayable = [], []
    for account, sats in balances.items():
        address = accounts.miner_address(account)
        if address is None or -sats < minimum_sats:
            continue
        if is_payable(address):
            due.append(Payee(account, address, -sats))
        else:
            unpayable.append(address)
    due.extend(_fee_payee(balances, rules))
    due.sort(key=lambda payee: (-payee.amount_sats, payee.account))
    return Due(due[:MAX_OUTPUTS], sorted(unpayable))


def fee_to_withdraw_sats(balances: Mapping[str, int]) -> int:
    """What is left of the pool's fee after the coin network's fees, which it bears."""
    return max(0, -balances.get(accounts.FEE, 0) - balances.get(accounts.NETWORK_FEES, 0))


def _fee_payee(balances: Mapping[str, int], rules: Rules) -> list[Payee]:
    sats = fee_to_withdraw_sats(balances)
    if rules.fee_address is None or sats < max(rules.fee_threshold_sats, DUST_SATS):
        return []
    return [Payee(accounts.FEE, rules.fee_address, sats)]
