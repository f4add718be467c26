"""Payments to miners: the section as files have it, and what the payouts service gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated

from nompcore.config.daemons import DaemonConfig
from nompcore.config.section import Section, key
from nompcore.config.stores import REDIS_BY_ENVIRONMENT, RedisSection
from nompcore.config.values import Coins, Count, Fraction, Positive, SchemeName, Switch, Text, WindowFactor


class PaymentSection(Section):
    """Payments by this pool. `shareProcessing.internal` and `paymentProcessing` take the same keys."""

    enabled: Annotated[Switch, key("enabled", "pay miners for their shares")] = False
    validate_worker_address: Annotated[
        Switch | None,
        key("validateWorkerAddress", "refuse miners whose name is no address of the coin; true if not given"),
    ] = None
    payment_interval_seconds: Annotated[
        Positive, key("paymentInterval", "how often blocks are checked and payments sent", unit="seconds")
    ] = 30
    minimum_payment: Annotated[Coins, key("minimumPayment", "balance from which a miner is paid")] = Decimal(
        "0.01"
    )
    minimum_reserve: Annotated[Coins, key("minimumReserve", "amount that stays in the pool's wallet")] = (
        Decimal(0)
    )
    fee_fraction: Annotated[
        Fraction, key("feePercent", "the pool's part of each block, as a fraction: 0.02 is 2 percent")
    ] = Decimal(0)
    fee_collect_account: Annotated[
        Text | None,
        key(
            "feeCollectAccount",
            "wallet account that collects fees",
            inactive="wallets have no accounts any more; fees are an account of the pool's own ledger",
        ),
    ] = None
    fee_receive_address: Annotated[Text | None, key("feeReceiveAddress", "where collected fees are sent")] = (
        None
    )
    fee_withdrawal_threshold: Annotated[
        Coins, key("feeWithdrawalThreshold", "collected fees from which they are sent")
    ] = Decimal(0)
    scheme: Annotated[
        SchemeName, key("scheme", "how a block's reward is divided (`docs/schemes.md`)", ours=True)
    ] = "prop"
    window: Annotated[
        WindowFactor, key("window", "pplns: size of its window in network difficulties", ours=True)
    ] = Decimal(2)
    window_seconds: Annotated[
        Count, key("windowSeconds", "pplnt: how far back its window reaches", unit="seconds", ours=True)
    ] = 43_200
    score_seconds: Annotated[
        Count,
        key(
            "scoreSeconds",
            "score: time in which a share's weight falls to 37 percent",
            unit="seconds",
            ours=True,
        ),
    ] = 300
    daemon: Annotated[
        DaemonConfig | None, key("daemon", "the daemon whose wallet owns `address`; required when enabled")
    ] = None
    redis: Annotated[
        RedisSection | None, key("redis", "where shares are tallied", inactive=REDIS_BY_ENVIRONMENT)
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemeConfig:
    """How a pool's rewards are divided: the scheme of ports without one of their own, and all parameters.

    `window_ppm`: PPLNS's window in millionths of the network difficulty.
    """

    name: str = "prop"
    window_ppm: int = 2_000_000
    window_seconds: int = 43_200
    score_seconds: int = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentConfig:
    """How a pool pays. Amounts in the coin's smallest unit, the fee in parts per million of the reward."""

    payment_interval_seconds: float
    minimum_payment_sats: int
    minimum_reserve_sats: int
    fee_ppm: int
    fee_receive_address: str | None
    fee_withdrawal_threshold_sats: int
    daemon: DaemonConfig
    scheme: SchemeConfig = field(default_factory=SchemeConfig)
