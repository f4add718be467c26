"""Do the books hold? Pure. Checked before every payment: if not, none is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.payouts.ledger import accounts


@dataclass(frozen=True, slots=True)
class Standing:
    """A pool's money at one moment, in sats."""

    balances: Mapping[str, int]  # as the books have them: owed is negative
    unsettled_sats: int  # payments that are not deep in the chain, by their own table
    sent_sats: int  # those of them that have left the wallet
    wallet_sats: int  # what the daemon says can be spent

    @property
    def owed_sats(self) -> int:
        """What the wallet has to hold for others than the pool."""
        owed = -sum(
            sats for account, sats in self.balances.items() if accounts.miner_address(account) is not None
        )
        in_flight = -self.balances.get(accounts.IN_FLIGHT, 0)
        return owed - self.balances.get(accounts.SUSPENSE, 0) + in_flight - self.sent_sats


def problems(standing: Standing) -> list[str]:
    """What is wrong, in words for the operator; empty when everything holds."""
    balances = standing.balances
    found = []
    if total := sum(balances.values()):
        found.append(f"the books are off by {total}")
    overpaid = [account for account, sats in balances.items() if accounts.miner_address(account) and sats > 0]
    if overpaid:
        found.append(f"paid more than was owed: {', '.join(sorted(overpaid))}")
    in_flight = -balances.get(accounts.IN_FLIGHT, 0)
    if in_flight != standing.unsettled_sats:
        found.append(f"{in_flight} is in flight, but payments under way add up to {standing.unsettled_sats}")
    if standing.owed_sats > standing.wallet_sats:
        found.append(f"{standing.owed_sats} is owed, but the wallet holds {standing.wallet_sats}")
    return found
