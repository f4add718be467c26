"""News that call an operator: messages under the rules of `messages.py`.

Those of payouts have a stream, and those of the notifier another one. A stream keeps the subjects that it was
made with, so what is new cannot join one that a running pool has.
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


class OperatorAlert(Message, frozen=True, kw_only=True):
    """Something of a pool is not as it was: what the notifier concludes from what all services publish."""

    pool: str
    alert_id: str  # of this change, alike on every replica of the notifier; also the Nats-Msg-Id
    kind: str  # "daemon.down", "replica.back" …: the table of docs/alerts.md
    subject: str  # whose state it is: a daemon, a replica, "jobmaker", "pool"
    was: str
    now: str
    severity: str  # "info" | "warning" | "critical"
    text: str  # in words, with the pool's name
    time_ms: int
