"""Payments that the wallet made and the ledger does not know, as one that came back from a backup.

Whoever got one of them seems to be due again. So before each payment the wallet's newest transactions are
looked at, back to the first that the ledger knows, or to the beginning of the pool's books.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Final

from services.payouts.ledger.ledger import Ledger
from services.payouts.payments.wallet import Wallet

PAGE: Final = 1000
"""Rows of the wallet's history at once: a row for each payee of a payment, and for each mined block."""

CLOCKS_MS: Final = 60_000
"""By so much the clocks of wallet and ledger may differ where the pool's books begin."""


class ForgottenPayments:
    """One pool's. Raises DaemonError and WalletUnavailable."""

    def __init__(self, ledger: Ledger, wallet: Wallet, *, pool: str) -> None:
        self._ledger = ledger
        self._wallet = wallet
        self._pool = pool

    async def to(self, addresses: Collection[str]) -> dict[str, str]:
        """Address → the id of a transaction that paid it, of which the ledger knows nothing."""
        since_ms = await asyncio.to_thread(self._ledger.reads.books_since_ms, self._pool)
        found: dict[str, str] = {}
        skip, is_over = 0, since_ms is None
        while not is_over:
            page = await self._wallet.history(PAGE, skip)
            known = await asyncio.to_thread(self._ledger.reads.known_transactions, {row.txid for row in page})
            for row in page:
                if row.time_ms < (since_ms or 0) - CLOCKS_MS or row.txid in known:
                    return found
                if row.is_sent and row.address in addresses:
                    found.setdefault(row.address, row.txid)
            skip += PAGE
            is_over = len(page) < PAGE
        return found
