"""Pays an intent through an old wallet that signs and sends at once: it is asked once, then only searched.

The intent's id is the transaction's comment. Before the wallet is asked, the ledger notes it; whoever finds
the note there only searches. So a crash or a lost reply at any moment leaves one transaction or none, and
none is sent in its place unless the wallet itself has said that it refused, or an operator that it was not.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence

from nompcore.errors import DaemonError, DaemonRefused, DaemonUnauthorized, DaemonWarmingUp, NompError
from services.payouts import metrics
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.payments_ledger import Payment
from services.payouts.payments.fee_cap import fee_cap_sats
from services.payouts.payments.sendmany_wallet import SendmanyWallet
from services.payouts.payments.transaction_check import Output
from services.payouts.payments.wallet_answers import (
    FundsMissing,
    PayeeRefused,
    PaymentTooLarge,
    SignedTransaction,
)
from services.payouts.payments.wallet_trouble import WalletUnavailable

log = logging.getLogger(__name__)

_SAID_NO = (DaemonRefused, WalletUnavailable, FundsMissing, PayeeRefused, PaymentTooLarge)
"""The wallet answered, so the call is over."""

_NEVER_ASKED = (DaemonWarmingUp, DaemonUnauthorized)
"""The daemon answered before its wallet heard of it."""


class OutcomeUnknown(NompError):  # noqa: N818 - it says what happened, as those of nompcore.errors do
    """The wallet was asked to send, and does not know the payment. It may still be about to."""


class Sendmany:
    """One pool's payments through one old wallet."""

    def __init__(self, ledger: Ledger, wallet: SendmanyWallet, *, pool: str) -> None:
        self._ledger = ledger
        self._wallet = wallet
        self._pool = pool

    async def pay(self, payment: Payment, outputs: Sequence[Output]) -> SignedTransaction:
        """The transaction that the wallet sent for this intent, now or before.

        Raises OutcomeUnknown where that cannot be told, WrongOutputs or PaymentUnsafe where it is not what
        was asked for, and what the wallet refused; only after the last one the wallet is asked again.
        PaymentUnsafe also where it would cost too much: then the wallet was not asked.
        """
        cap_sats = fee_cap_sats(payment.total_sats, len(outputs))
        attempt = await asyncio.to_thread(self._ledger.attempts.of, payment.id)
        if attempt is None:
            sent = await self._begin(payment, outputs, cap_sats)
        else:
            sent = await self._search(payment, attempt.since_block, outputs)
        if sent.fee_sats > cap_sats:  # it took more coins than its rate let expect
            metrics.FEES_ABOVE_CAP.labels(self._pool).inc()
            facts = {"pool": self._pool, "payment": payment.id, "fee_sats": sent.fee_sats}
            log.error("an old wallet paid a fee above the limit", extra={**facts, "cap_sats": cap_sats})
        return sent

    async def _begin(self, payment: Payment, outputs: Sequence[Output], cap_sats: int) -> SignedTransaction:
        since_block = await self._wallet.search_start()
        found = await self._wallet.find(payment.id, since_block, outputs)
        if found is None:
            await self._wallet.require_fee_within(outputs, cap_sats)
        now_ms = int(time.time() * 1000)
        if not await asyncio.to_thread(self._ledger.attempts.begin, payment.id, since_block, now_ms):
            raise OutcomeUnknown("another payer is sending it")
        return found or await self._ask(payment, since_block, outputs)

    async def _ask(self, payment: Payment, since_block: str, outputs: Sequence[Output]) -> SignedTransaction:
        """Ask the wallet to send. This is reached once for each note in the ledger."""
        try:
            await self._wallet.send(outputs, payment.id)
        except _NEVER_ASKED:
            await self._note_not_sent(payment)
            raise
        except _SAID_NO:
            # old wallets remember some transactions that they then fail to hand on, and hand them on later
            found = await self._wallet.find(payment.id, since_block, outputs)
            if found is None:
                await self._note_not_sent(payment)
                raise
            return found
        except DaemonError as error:
            metrics.SENDMANY_UNANSWERED.labels(self._pool).inc()
            log.warning(
                "no answer to sendmany, looking for its transaction",
                extra={"pool": self._pool, "payment": payment.id, "reason": str(error)},
            )
        return await self._search(payment, since_block, outputs)

    async def _search(
        self, payment: Payment, since_block: str, outputs: Sequence[Output]
    ) -> SignedTransaction:
        found = await self._wallet.find(payment.id, since_block, outputs)
        if found is None:
            raise OutcomeUnknown(
                f"the wallet was asked to send payment {payment.id} and does not know it: nothing is sent "
                "again by itself, see the operator guide"
            )
        return found

    async def _note_not_sent(self, payment: Payment) -> None:
        await asyncio.to_thread(self._ledger.attempts.end, payment.id)
