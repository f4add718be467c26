"""News of payouts that call an operator: messages under the rules of `messages.py`.

They have a stream of their own. A stream keeps the subjects that it was made with, so what is new cannot join
one that a running pool has.
"""

from __future__ import annotations

from nompcore.messages import Message


class PayeeQuarantined(Message, frozen=True, kw_only=True):
    """The wallet refuses an address: nothing is sent to it until it is released, all others are paid."""

    pool: str
    address: str
    reason: str  # the wallet's words
    time_ms: int


class AuditFailed(Message, frozen=True, kw_only=True):
    """The ledger, the wallet, the chain and the shares do not agree; the pool's payments are stopped."""

    pool: str
    problems: list[str]  # in words
    time_ms: int
