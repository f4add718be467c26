"""What miners want to be told: messages under the rules of `messages.py`.

There are no accounts: whoever signed with the key of a payout address has asked for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from nompcore.messages import Message

WORKER_OFFLINE, HASHRATE_DROPPED, PAID = "worker-offline", "hashrate-dropped", "paid"
EVENTS = (WORKER_OFFLINE, HASHRATE_DROPPED, PAID)

MAX_TARGET = 300
MAX_SUBSCRIPTIONS = 5
"""Of one payout address at one pool."""

CONFIRM_MS = 2 * 24 * 3600 * 1000
"""So long the owner of a mail box may take to confirm; nobody else is told anything meanwhile."""

MAIL = "mail"
TARGETS: Mapping[str, re.Pattern[str]] = {
    MAIL: re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,5}"),
    "ntfy": re.compile(r"[A-Za-z0-9_-]{1,64}"),
    "discord": re.compile(r"https://discord(app)?\.com/api/webhooks/[0-9]{5,25}/[A-Za-z0-9_-]{20,100}"),
    "slack": re.compile(r"https://hooks\.slack\.com/[A-Za-z0-9/_-]{1,200}"),
    "telegram": re.compile(r"[0-9]{5,20}:[A-Za-z0-9_-]{20,64}/(-?[0-9]{1,20}|@[A-Za-z0-9_]{4,32})"),
    # no user before the host, and nothing that a shell would read in the quotes around a text to sign
    "webhook": re.compile(
        r"https?://([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?(/[A-Za-z0-9._~/?&=%+,:@;-]*)?"
    ),
}
"""Channel → how its target is written: a mail address, a topic, a webhook's URL, `<bot token>/<chat>`."""


def is_target(channel: str, target: str) -> bool:
    """Whether a channel could be reached there."""
    form = TARGETS.get(channel)
    return form is not None and len(target) <= MAX_TARGET and form.fullmatch(target) is not None


class Subscription(Message, frozen=True, kw_only=True):
    """One place that is told of some events. `target` may hold a token: it is in no text made of it."""

    subscription_id: str
    channel: str  # "mail" | "ntfy" | "discord" | "slack" | "telegram" | "webhook"
    target: str  # as the channel has it: an e-mail address, a topic, a URL
    events: list[str]  # of "worker-offline", "hashrate-dropped", "paid"
    offline_minutes: int  # how long a worker is silent before it is told
    drop_percent: int  # by how much the hashrate is below its day's average before it is told
    made_ms: int
    end_token: str  # of the link that ends it
    confirm_token: str = ""  # of the link that confirms it; "" where nothing is to be confirmed
    confirmed_ms: int = 0  # 0: nobody has; with a `confirm_token` nothing but that link is sent until then

    def __repr__(self) -> str:
        return f"Subscription({self.subscription_id!r}, {self.channel!r}, {self.events!r})"

    @property
    def is_active(self) -> bool:
        """Whether it is told anything."""
        return not self.confirm_token or self.confirmed_ms > 0


class Subscriber(Message, frozen=True, kw_only=True):
    """All subscriptions of one payout address at one pool; KV `subscriptions`, key `subscriber_key`."""

    pool: str
    address: str
    subscriptions: list[Subscription] = msgspec.field(default_factory=list)
