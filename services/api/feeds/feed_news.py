"""What live feeds tell of blocks and payments: pure builders from the messages of other services.

Alarms are left out: their words are for the operator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from nompcore.messages import BlockConfirmed, BlockOrphaned, BlockSubmitted, Message, PaymentSent
from services.api.views.miner_views import address_of

BLOCK, PAYMENT = "block", "payment"


@dataclass(frozen=True, slots=True)
class News:
    """One event. `address` is the miner whom alone it is about; "" is every miner of the pool."""

    kind: str
    pool: str
    address: str
    data: bytes  # JSON, one line


def news_of(message: Message) -> News | None:
    """The news in a message; None for one that is not for the public."""
    if isinstance(message, BlockSubmitted):
        return _block(message, message.status, message.address)
    if isinstance(message, BlockConfirmed):
        return _block(message, "confirmed", address_of(message.worker))
    if isinstance(message, BlockOrphaned):
        return _block(message, "orphaned", address_of(message.worker))
    return _payment(message) if isinstance(message, PaymentSent) else None


def _block(message: BlockSubmitted | BlockConfirmed | BlockOrphaned, status: str, address: str) -> News:
    told = {
        "pool": message.pool,
        "height": message.height,
        "hash": message.block_hash_display,
        "status": status,
        "worker": message.worker,
        "time_ms": message.time_ms,
    }
    return News(BLOCK, message.pool, address, _json(told))


def _payment(message: PaymentSent) -> News:
    told = {
        "pool": message.pool,
        "id": message.payment_id,
        "txid": message.txid_display,
        "total_sats": message.total_sats,
        "payees": message.payees,
        "time_ms": message.time_ms,
    }
    return News(PAYMENT, message.pool, "", _json(told))


def _json(told: dict[str, Any]) -> bytes:
    return msgspec.json.encode(told)
