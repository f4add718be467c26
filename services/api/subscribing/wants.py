"""What a miner can ask for, and the words of it in the text that is signed. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from nompcore.subscriptions import EVENTS, is_target

MIN_OFFLINE_MINUTES, MAX_OFFLINE_MINUTES = 5, 1440
MIN_DROP_PERCENT, MAX_DROP_PERCENT = 10, 90


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Tell one place of some events."""

    channel: str
    target: str
    events: tuple[str, ...]
    offline_minutes: int
    drop_percent: int

    def __str__(self) -> str:
        return (
            f"subscribe {self.channel}:{self.target} to {', '.join(self.events)} "
            f"(offline after {self.offline_minutes} min, drop of {self.drop_percent} %)"
        )

    @property
    def problem(self) -> str:
        """Why it cannot be done, in words; empty where it can."""
        if not is_target(self.channel, self.target):
            return f"this is not how a target of {self.channel} is written"
        known = [event for event in EVENTS if event in self.events]
        if not known or len(known) != len(self.events):
            return f"events are some of {', '.join(EVENTS)}, each once"
        return ""


@dataclass(frozen=True, slots=True)
class MinimumPayment:
    """Be paid from this balance on; 0: the pool's own minimum."""

    coins: Decimal

    def __str__(self) -> str:
        return f"minimum-payment {self.coins:f}"


@dataclass(frozen=True, slots=True)
class EndAll:
    """Tell nobody anything any more."""

    def __str__(self) -> str:
        return "unsubscribe all"


Want = Subscribe | MinimumPayment | EndAll

_SUBSCRIBE = re.compile(
    r"subscribe ([a-z]+):(\S+) to ([a-z-]+(?:, [a-z-]+)*) "
    r"\(offline after ([0-9]{1,4}) min, drop of ([0-9]{1,2}) %\)"
)
_MINIMUM = re.compile(r"minimum-payment ([0-9]{1,12}(?:\.[0-9]{1,18})?)")


def read_want(text: str) -> Want | None:
    """What the words ask for; None for words that are none of ours."""
    if match := _SUBSCRIBE.fullmatch(text):
        channel, target, events, minutes, percent = match.groups()
        return Subscribe(channel, target, tuple(events.split(", ")), int(minutes), int(percent))
    if match := _MINIMUM.fullmatch(text):
        return MinimumPayment(Decimal(match[1]))
    return EndAll() if text == str(EndAll()) else None
