"""Orders to book something by hand: corrections, releases out of suspense, deposits; each once."""

from __future__ import annotations

import asyncio
import time

from nompcore.address import NetworkParams, script_for
from nompcore.errors import AddressError
from nompcore.requests import CorrectionRow, PaymentsControl, SuspendedReward
from services.payouts.control.control_order import ControlRefused, required
from services.payouts.ledger import accounts
from services.payouts.ledger.correction_rows import Grounds
from services.payouts.ledger.corrections import Order
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.suspense import Release

NEXT_ROUND = "next"
MAX_SUSPENDED = 100
"""Rewards in suspense of one reply; there should be none."""


class BookOrders:
    """One pool's. Each method returns in words what it did; raises ControlRefused and LedgerError."""

    def __init__(self, ledger: Ledger, *, pool: str, network: NetworkParams) -> None:
        self._ledger = ledger
        self._pool = pool
        self._network = network

    async def correct(self, request: PaymentsControl) -> str:
        """Move an amount between two accounts."""
        order = Order(
            debit=required(request.from_account, "from_account"),
            credit=required(request.to_account, "to_account"),
            sats=request.amount_sats,
            reference=required(request.reference, "reference"),
            grounds=_grounds(request),
        )
        is_new = await asyncio.to_thread(
            self._ledger.corrections.correct, self._pool, order, self._is_payable, _now_ms()
        )
        if not is_new:
            return "nothing, it was booked before"
        return f"{order.sats} are booked from {order.debit} to {order.credit}"

    async def release_suspense(self, request: PaymentsControl) -> str:
        """Give a suspended block's reward to an account or to the shares of a round."""
        block_hash = required(request.block_hash_display, "block_hash_display")
        grounds = _grounds(request)
        if bool(request.to_account) == bool(request.shares_of):
            raise ControlRefused("name either to_account or shares_of")
        suspense = self._ledger.suspense
        if request.to_account:
            self._require_payable(request.to_account)
            release = await asyncio.to_thread(
                suspense.give, self._pool, block_hash, request.to_account, grounds, _now_ms()
            )
        elif request.shares_of == NEXT_ROUND:
            release = await asyncio.to_thread(
                suspense.give_to_next_round, self._pool, block_hash, grounds, _now_ms()
            )
        else:
            release = await asyncio.to_thread(
                suspense.give_to_round, self._pool, block_hash, request.shares_of, grounds, _now_ms()
            )
        return _words(release, request)

    async def deposit_reserve(self, request: PaymentsControl) -> str:
        """Coins that the operator sent to the wallet; booked once for each transaction."""
        txid_display = required(request.txid_display, "txid_display")
        grounds = Grounds(request.reason, required(request.author, "author"))
        is_new = await asyncio.to_thread(
            self._ledger.reserve.deposit_reserve, self._pool, sats=request.amount_sats,
            reference=txid_display, grounds=grounds, now_ms=_now_ms(),
        )  # fmt: skip
        return f"{request.amount_sats} are in the reserve" if is_new else "nothing, it was booked before"

    async def accept_finding(self, request: PaymentsControl) -> str:
        """A block, a payment, or a transaction that the ledger did not know is dealt with: pass it over."""
        is_transaction = bool(request.txid_display)
        subject = request.txid_display or required(request.reference, "reference")
        is_new = await asyncio.to_thread(
            self._ledger.findings.accept, self._pool, subject, _grounds(request), _now_ms(),
            is_transaction=is_transaction,
        )  # fmt: skip
        return f"the audit passes over {subject}" if is_new else "nothing, it did so before"

    async def listed(self) -> list[CorrectionRow]:
        """What people have booked, the newest first."""
        return [
            CorrectionRow(
                kind=row.kind, reference=row.reference, amounts=row.amounts, entries=row.entries,
                reason=row.grounds.reason, author=row.grounds.author, time_ms=row.made_ms,
            )
            for row in await asyncio.to_thread(self._ledger.corrections.listed, self._pool)
        ]  # fmt: skip

    async def suspended(self) -> list[SuspendedReward]:
        """What waits in suspense, the newest blocks first."""
        held = await asyncio.to_thread(self._ledger.suspense.held, self._pool)
        return [
            SuspendedReward(
                block_hash_display=row.block_hash, height=row.height, amount_sats=row.sats,
                awaits_round=row.is_awaited,
            )
            for row in held[:MAX_SUSPENDED]
        ]  # fmt: skip

    def _is_payable(self, address: str) -> bool:
        try:
            script_for(address, self._network)
        except AddressError:
            return False
        return True

    def _require_payable(self, account: str) -> None:
        address = accounts.miner_address(account)
        if address is not None and not self._is_payable(address):
            raise ControlRefused(f"{address!r} is no address of this pool's network")


def _grounds(request: PaymentsControl) -> Grounds:
    return Grounds(required(request.reason, "reason"), required(request.author, "author"))


def _words(release: Release, request: PaymentsControl) -> str:
    block_hash = request.block_hash_display
    if release is Release.RELEASED_BEFORE:
        return f"nothing, the reward of {block_hash} was released before"
    if release is Release.AWAITED:
        return f"the next round that is credited gets the reward of {block_hash}, unless its own turns up"
    to = request.to_account or f"the shares of {request.shares_of}"
    return f"the reward of {block_hash} is credited to {to}"


def _now_ms() -> int:
    return int(time.time() * 1000)
