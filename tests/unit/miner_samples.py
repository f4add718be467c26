"""A miner's subscriptions, as tests of the notifier want them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from nompcore.subscriptions import Subscriber, Subscription

NOW_MS = 1_764_000_000_000
MINUTE_MS = 60_000
ADDRESS = "Lme"
URL = "https://pool.example"


def subscription(**changes: Any) -> Subscription:
    one = Subscription(
        subscription_id="a" * 16,
        channel="webhook",
        target="https://example.org/hook",
        events=["worker-offline", "hashrate-dropped", "paid"],
        offline_minutes=15,
        drop_percent=50,
        made_ms=NOW_MS,
        end_token="end",
    )
    return replace(one, **changes)


def subscriber(**changes: Any) -> Subscriber:
    return Subscriber(pool="litecoin", address=ADDRESS, subscriptions=[subscription(**changes)])
