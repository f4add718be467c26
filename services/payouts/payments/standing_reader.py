"""A pool's money now, out of ledger and wallet: two stores, which no transaction reads together.

A payment may leave the wallet between the two reads, at the hands of another payer, or have left it before
the ledger says so. Either would look as if coins were missing, and a pool that is short of coins pays nobody.
So would the change of a payment, which a wallet with `spendzeroconfchange=0` counts once it is in a block.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from services.payouts.auditing.audit import Standing
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.payments_ledger import Payment, State
from services.payouts.payments.wallet import Wallet

TRIES: Final = 5
"""A payment takes three steps: who reads in between sees another state each time, but not for long."""


class StandingReader:
    """One pool's."""

    def __init__(self, ledger: Ledger, wallet: Wallet, *, pool: str) -> None:
        self._payments = ledger.payments
        self._wallet = wallet
        self._pool = pool

    async def read(self) -> Standing:
        """What was so while no payment changed. Raises DaemonError and WalletUnavailable."""
        for _ in range(TRIES):
            under_way, balances = await asyncio.to_thread(self._payments.under_way, self._pool)
            sent = await self._sent(under_way)
            wallet_sats = await self._wallet.spendable_sats()
            if not await self._has_changed(under_way, sent):
                break
        standing = Standing(
            balances=balances,
            unsettled_sats=sum(payment.total_sats for payment in under_way),
            sent_sats=sum(payment.total_sats for payment in under_way if payment.id in sent),
            wallet_sats=wallet_sats,
        )
        if standing.owed_sats <= wallet_sats or not sent:
            return standing
        txids = {payment.txid for payment in under_way if payment.id in sent}
        return replace(standing, wallet_sats=wallet_sats + await self._wallet.waiting_change_sats(txids))

    async def _sent(self, under_way: Sequence[Payment]) -> set[str]:
        """Ids of those whose coins have left the wallet: it knows a signed transaction once that is sent."""
        sent = {payment.id for payment in under_way if payment.state is State.BROADCAST}
        for payment in under_way:
            if payment.state is State.SIGNED:
                confirmations = await self._wallet.confirmations(payment.txid)
                if confirmations is not None and confirmations >= 0:
                    sent.add(payment.id)
        return sent

    async def _has_changed(self, under_way: Sequence[Payment], sent: set[str]) -> bool:
        stages = await asyncio.to_thread(self._payments.stages, self._pool)
        is_same = stages == {payment.id: payment.state for payment in under_way}
        return not is_same or sent != await self._sent(under_way)
