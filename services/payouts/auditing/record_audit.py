"""Is the ledger true? Its rounds against their shares, its payments and blocks against wallet and chain.

What the books add up to is `audit`'s; here every record is compared with what it stands for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nompcore.address import NetworkParams
from nompcore.errors import AddressError
from services.payouts.auditing.audit_reads import due
from services.payouts.ledger.block_rows import Block
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.payments_ledger import Payment
from services.payouts.payments.transaction_check import WrongOutputs, check_outputs, intended_outputs
from services.payouts.payments.wallet import Wallet
from services.payouts.rounds.chain_view import ChainView, InChain

NEWEST_BLOCKS: Final = 10
"""Credited blocks that are looked for in the chain before every payment. Where one of them is in it, so are
those that it was built on."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What is wrong, in words, and how much was looked at."""

    problems: list[str]
    rounds: int
    payments: int
    blocks: int


class RecordAudit:
    """One pool's, with its wallet and chain at hand. Raises DaemonError and WalletUnavailable."""

    def __init__(
        self, ledger: Ledger, wallet: Wallet, chain: ChainView, *, pool: str, network: NetworkParams
    ) -> None:
        self._reads = ledger.reads
        self._wallet = wallet
        self._chain = chain
        self._pool = pool
        self._network = network

    async def newest_blocks(self) -> list[str]:
        """What is wrong with the blocks credited last: cheap enough to be asked all the time."""
        newest = await asyncio.to_thread(self._reads.credited_blocks, self._pool, NEWEST_BLOCKS)
        return await self._missing_blocks(newest)

    async def look(self, turn: int) -> Looked:
        """The newest rounds, payments and blocks, and of the older ones those whose turn it is."""
        rounds = due(await asyncio.to_thread(self._reads.closed_rounds, self._pool), turn)
        blocks = due(await asyncio.to_thread(self._reads.credited_blocks, self._pool), turn)
        payments = due(await asyncio.to_thread(self._reads.confirmed_payments, self._pool), turn)
        problems = [
            *await self._uneven_rounds(rounds),
            *await self._missing_blocks(blocks),
            *await self._wrong_payments(payments),
        ]
        return Looked(problems, len(rounds), len(payments), len(blocks))

    async def _uneven_rounds(self, block_ids: Sequence[int]) -> list[str]:
        uneven = await asyncio.to_thread(self._reads.uneven_rounds, block_ids)
        return [
            f"the round of block {block_hash} is said to weigh {noted}, but its shares add up to {found}"
            for block_hash, (noted, found) in uneven.items()
        ]

    async def _missing_blocks(self, credited: Sequence[Block]) -> list[str]:
        missing = []
        for block in credited:
            place = await self._chain.place_of(block.block_hash, block.height, block.coinbase_txid)
            if not isinstance(place, InChain):
                missing.append(
                    f"block {block.block_hash} at height {block.height} was credited, "
                    "but the daemon's chain is without it"
                )
        return missing

    async def _wrong_payments(self, payment_ids: Sequence[str]) -> list[str]:
        uneven = await asyncio.to_thread(self._reads.uneven_payments, payment_ids)
        wrong = [
            f"payment {payment_id} is said to be of {noted}, but pays {paid}"
            for payment_id, (noted, paid) in uneven.items()
        ]
        for payment in await asyncio.to_thread(self._reads.payments, payment_ids):
            reason = await self._doubt(payment)
            if reason is not None:
                wrong.append(f"payment {payment.id} is confirmed, but {reason}")
        return wrong

    async def _doubt(self, payment: Payment) -> str | None:
        """What speaks against a payment. Its id stands for its bytes, so these need not be the wallet's."""
        known = await self._wallet.look_back(payment.txid)
        if known is None:
            return f"the wallet does not know its transaction {payment.txid}"
        if known.confirmations < 1:
            return f"its transaction {payment.txid} is not in the chain"
        if known.fee_sats not in (None, payment.fee_sats):
            return f"the wallet paid a fee of {known.fee_sats} for it, the ledger says {payment.fee_sats}"
        return await self._doubt_bytes(payment) if payment.transaction_hex else None

    async def _doubt_bytes(self, payment: Payment) -> str | None:
        """Those that the ledger has. (An old wallet that sent one by itself may not show them.)"""
        read = await self._wallet.read(payment.transaction_hex)
        if read.txid != payment.txid:
            return f"the transaction in the ledger is {read.txid}, not {payment.txid}"
        try:
            check_outputs(read, intended_outputs(payment.outputs, self._network))
        except (WrongOutputs, AddressError) as reason:
            return str(reason)
        return None
