"""What one pool did in this process since it started: plain numbers, cheap enough for every share. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from nompcore.errors import RejectReason

# Methods that miners are known to send and this server does not have; the rest is counted as "other", because
# a label that a peer can choose is a label that a peer can exhaust memory with.
KNOWN_UNSUPPORTED = frozenset(
    {
        "mining.get_multiplier",
        "mining.capabilities",
        "mining.suggest",
        "client.show_message",
        "eth_submitLogin",
        "getwork",
        "login",
    }
)


@dataclass(slots=True)
class PoolCounters:
    """Moved by the session, the share path and the publisher; read by metrics and presence."""

    accepted: int = 0
    work: float = 0.0  # difficulty of the accepted shares
    rejected: dict[RejectReason, int] = field(default_factory=lambda: dict.fromkeys(RejectReason, 0))
    blocks: int = 0
    batches: int = 0
    batch_shares: int = 0
    publish_failures: int = 0
    batches_lost: int = 0
    shares_lost: int = 0
    reject_counts_lost: int = 0
    forwarded: int = 0
    forwards_lost: int = 0
    jobs_refused: int = 0
    jobs_reissued: int = 0
    logins_failed: int = 0
    logins_known: int = 0
    logins_unchecked: int = 0
    sessions_parked: int = 0
    sessions_resumed: int = 0
    sessions_missed: int = 0
    sessions_lost: int = 0
    bans: Counter[str] = field(default_factory=Counter)
    unsupported: Counter[str] = field(default_factory=Counter)
    hangups: Counter[str] = field(default_factory=Counter)
    connections_total: int = 0
    bytes_received: int = 0
    bytes_sent: int = 0

    def unknown_method(self, method: str) -> None:
        """Count a method this server does not have, under a bounded label."""
        self.unsupported[method if method in KNOWN_UNSUPPORTED else "other"] += 1
