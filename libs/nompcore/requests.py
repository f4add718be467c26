"""What api asks payouts, and the answers: messages under the rules of `messages.py`, in its units."""

from __future__ import annotations

import msgspec

from nompcore.messages import HistoryPoint, Message


class MinerRequest(Message, frozen=True, kw_only=True):
    """Everything about one payout address."""

    address: str


class MinerWorker(Message, frozen=True, kw_only=True):
    """One worker of a miner."""

    worker: str
    hashrate: float
    shares: float
    valid: int
    invalid: dict[str, int]
    best_share_difficulty: float
    last_share_ms: int
    ip: str


class MinerPayment(Message, frozen=True, kw_only=True):
    """A payment's part for one address."""

    payment_id: str
    txid_display: str
    amount_sats: int
    state: str
    time_ms: int


class MinerReply(Message, frozen=True, kw_only=True):
    """A miner's balances and workers; `known` is false for an address never seen."""

    address: str
    known: bool
    balance_sats: int = 0  # owed and spendable
    immature_sats: int = 0  # estimate over pending blocks
    paid_sats: int = 0
    workers: list[MinerWorker] = msgspec.field(default_factory=list)
    payments: list[MinerPayment] = msgspec.field(default_factory=list)


class PageRequest(Message, frozen=True, kw_only=True):
    """A page, newest first."""

    offset: int = 0
    limit: int = 50


class BlockRow(Message, frozen=True, kw_only=True):
    """One found block."""

    height: int
    block_hash_display: str
    status: str  # "submitted" | "pending" | "confirmed" | "orphaned" | "rejected"
    worker: str
    reward_sats: int
    confirmations: int
    difficulty: float
    time_ms: int


class BlocksReply(Message, frozen=True, kw_only=True):
    """A page of blocks."""

    total: int
    blocks: list[BlockRow]


class PaymentRow(Message, frozen=True, kw_only=True):
    """One payment: one transaction to many payees."""

    payment_id: str
    state: str  # "intent" | "signed" | "broadcast" | "confirmed" | "stuck"
    txid_display: str
    total_sats: int
    fee_sats: int
    outputs: dict[str, int]  # address → sats
    time_ms: int


class PaymentsReply(Message, frozen=True, kw_only=True):
    """A page of payments."""

    total: int
    payments: list[PaymentRow]


class HistoryRequest(Message, frozen=True, kw_only=True):
    """History since a time, oldest first."""

    since_ms: int = 0


class HistoryReply(Message, frozen=True, kw_only=True):
    """A pool's history."""

    points: list[HistoryPoint]


class Failure(Message, frozen=True, kw_only=True):
    """The answer of a service that could not answer."""

    error: str
