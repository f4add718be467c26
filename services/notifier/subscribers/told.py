"""What was told of one payout address: enough that a restart tells nothing twice, and forgets nothing."""

from __future__ import annotations

import msgspec


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Something to send. `note_id` is the same however often it is sent."""

    note_id: str
    event: str
    text: str
    time_ms: int
    tries: int = 0
    next_ms: int = 0  # not before


class ToldOf(msgspec.Struct, frozen=True, kw_only=True):
    """What one subscription was told."""

    looked: bool = False  # what was so before the first look is no news
    offline: tuple[str, ...] = ()  # workers
    low_since_ms: int = 0  # the hashrate is below what was asked for; 0: it is not
    dropped: bool = False
    payments: tuple[str, ...] = ()  # ids, the newest first
    asked_ms: int = 0  # `made_ms` of the wish that its mail box was asked about
    waiting: tuple[Note, ...] = ()


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Of one address at one pool; KV `told`, under the key of its subscriber."""

    workers: dict[str, int] = msgspec.field(default_factory=dict)  # name → last share, Unix ms
    average: float = 0.0  # hashes per second, of the last day as far as it was watched
    watched_since_ms: int = 0
    seen_ms: int = 0
    of: dict[str, ToldOf] = msgspec.field(default_factory=dict)  # subscription id → what it was told
