"""Which coin the switching ports mine, and orders to change it: messages under the rules of `messages.py`."""

from __future__ import annotations

import msgspec

from nompcore.messages import Message


class SwitchOrder(Message, frozen=True, kw_only=True):
    """Mine another coin from now on, or only the question what is mined."""

    switch: str = ""  # its name; "": every switch of the coin's algorithm
    coin: str = ""  # a pool's name, or its coin's name or symbol, in any case; "" only asks
    algorithm: str = ""  # only switches of this one; "": of any
    author: str = ""  # who orders it
    reason: str = ""
    automatic: bool = False  # a program decided it, by prices


class SwitchState(Message, frozen=True, kw_only=True):
    """Which pool a switch mines; KV `switch`, key `switch_key(switch)`. No entry: its first pool."""

    switch: str
    algorithm: str
    pool: str
    since_ms: int
    author: str
    reason: str
    automatic: bool = False


class SwitchReply(Message, frozen=True, kw_only=True):
    """What came of an order, and how all switches that it names stand now."""

    ok: bool
    text: str  # in words
    states: list[SwitchState] = msgspec.field(default_factory=list)


class PoolProfit(Message, frozen=True, kw_only=True):
    """What mining a pool would earn, as far as it is known: 0 and "" where it is not."""

    pool: str
    revenue_per_hash: float  # in the unit of prices, after the fee
    price: float  # of one coin
    price_source: str
    price_age_seconds: float
    difficulty: float  # in the pool's unit
    reward_sats: int  # of a block
    fee_percent: float  # what trading the coin costs
    unfit: str = ""  # why it cannot be compared


class ProfitReport(Message, frozen=True, kw_only=True):
    """A decision of profit switching with all that it rests on; KV `switch`, key `profit_key(switch)`."""

    switch: str
    algorithm: str
    pools: list[PoolProfit]  # in the order of the configuration
    current: str  # the pool mined when it was decided
    choice: str  # the pool to mine
    decision: str  # "stay" | "switch" | "none": nothing could or may be decided
    why: str  # in words
    decided_ms: int
