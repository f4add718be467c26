"""The books of a pool as an operator reads them: its accounts, what is owed and held, and what is wrong."""

from __future__ import annotations

from nompcore.requests import Books
from services.payouts import accounts, audit
from services.payouts.payment_plan import Planner, Stopped


async def books(planner: Planner) -> Books:
    """The same check as before every payment, whenever somebody asks. Raises WalletUnavailable."""
    try:
        standing = await planner.standing()
    except Stopped as reason:
        return Books(problems=[str(reason)])
    miners = [
        sats for account, sats in standing.balances.items() if accounts.miner_address(account) is not None
    ]
    return Books(
        problems=audit.problems(standing),
        accounts={
            account: sats
            for account, sats in sorted(standing.balances.items())
            if accounts.miner_address(account) is None
        },
        miners_sats=sum(miners),
        miners=sum(1 for sats in miners if sats),
        owed_sats=standing.owed_sats,
        wallet_sats=standing.wallet_sats,
    )
