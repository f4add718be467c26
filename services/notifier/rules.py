"""From an event on NATS to the news people read: pure text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nompcore.alarms import AuditFailed, OperatorAlert, PayeeQuarantined
from nompcore.amounts import coins_from_sats
from nompcore.config import PoolConfig
from nompcore.config.alerts import SEVERITIES, Severity
from nompcore.messages import (
    BlockConfirmed,
    BlockOrphaned,
    BlockSubmitted,
    Message,
    PaymentFailed,
    PaymentSent,
)

# Names of workers end up in chats: no line breaks, mentions or markup out of them, and not a page of text.
MAX_NAME = 80

PAYEE_PREFIX = "to "
"""How a failure of earlier versions names an address instead of a payment: it was quarantined."""

ENDS = (".back", ".calm")
"""Last words of the kinds of alerts that tell of an end."""
_UNPRINTED = re.compile(r"[^A-Za-z0-9 ._:+/-]")


@dataclass(frozen=True, slots=True)
class News:
    """One event for people. `is_alarm`: somebody has to act. `severity`: who is told, also at night."""

    event: str
    pool: str
    text: str
    time_ms: int
    is_alarm: bool = False
    severity: Severity = "info"


def news_of(message: Message, pools: Mapping[str, PoolConfig]) -> News:
    """The news in an event of a pool, or of one that is no longer configured."""
    return RULES[type(message)](message, Units(pools))


def is_old(news: News, now_ms: int, max_age_seconds: float) -> bool:
    """True when nobody wants to be woken by it any more."""
    return now_ms - news.time_ms > max_age_seconds * 1000


@dataclass(frozen=True, slots=True)
class Units:
    """Amounts in the words of each pool's coin."""

    pools: Mapping[str, PoolConfig]

    def amount(self, pool: str, sats: int) -> str:
        """`sats` in coins with their symbol; in the smallest unit where the coin is not known any more."""
        if pool not in self.pools:
            return f"{sats} of the smallest unit"
        coin = self.pools[pool].coin
        return f"{coins_from_sats(sats, coin.decimals)} {coin.symbol.upper()}"


def shown_name(text: str) -> str:
    """Text of strangers, fit for a chat."""
    return _UNPRINTED.sub("?", text[:MAX_NAME])


def block_submitted(event: BlockSubmitted, units: Units) -> News:
    """A found block was accepted or refused by the daemons, or competes with another one."""
    severity: Severity = "info"
    if event.status == "accepted":
        reward = units.amount(event.pool, event.reward_sats)
        text = f"{event.pool}: block {event.height} found by {shown_name(event.worker)}, reward {reward}"
    elif event.status == "competing":
        finder = shown_name(event.worker)
        text = f"{event.pool}: block {event.height} found by {finder} competes with another one"
    else:
        text = f"{event.pool}: block {event.height} was not accepted: {shown_name(event.reason)}"
        severity = "critical"
    return News("block.submitted", event.pool, text, event.time_ms, severity=severity)


def block_confirmed(event: BlockConfirmed, units: Units) -> News:
    """A block's reward is credited."""
    reward = units.amount(event.pool, event.reward_sats)
    text = f"{event.pool}: block {event.height} confirmed, {reward} credited"
    return News("block.confirmed", event.pool, text, event.time_ms)


def block_orphaned(event: BlockOrphaned, _: Units) -> News:
    """Another block won."""
    reason = shown_name(event.reason)
    text = f"{event.pool}: block {event.height} orphaned ({reason}); its shares count in the current round"
    return News("block.orphaned", event.pool, text, event.time_ms, severity="warning")


def payment_sent(event: PaymentSent, units: Units) -> News:
    """Miners were paid."""
    total = units.amount(event.pool, event.total_sats)
    text = f"{event.pool}: paid {total} to {event.payees} miners in transaction {event.txid_display}"
    return News("payment.sent", event.pool, text, event.time_ms)


def payment_failed(event: PaymentFailed, _: Units) -> News:
    """Payments stand still until an operator has looked, or one payee is left out of them."""
    reason = shown_name(event.reason)
    if event.payment_id.startswith(PAYEE_PREFIX):
        text = f"{event.pool}: payments {shown_name(event.payment_id)} are held back: {reason}"
        return News("payment.failed", event.pool, text, event.time_ms, is_alarm=True, severity="warning")
    text = f"{event.pool}: payment {event.payment_id} needs an operator, payments are stopped: {reason}"
    return News("payment.failed", event.pool, text, event.time_ms, is_alarm=True, severity="critical")


def payee_quarantined(event: PayeeQuarantined, _: Units) -> News:
    """Everybody is paid but one."""
    address, reason = shown_name(event.address), shown_name(event.reason)
    text = f"{event.pool}: payments to {address} are held back, the wallet refuses it: {reason}"
    return News("payee.quarantined", event.pool, text, event.time_ms, is_alarm=True, severity="warning")


def audit_failed(event: AuditFailed, _: Units) -> News:
    """Nobody is paid until somebody has found out what is wrong."""
    first, more = shown_name(next(iter(event.problems), "")), len(event.problems) - 1
    others = f" (and {more} more)" if more > 0 else ""
    text = f"{event.pool}: the audit failed, payments are stopped: {first}{others}"
    return News("audit.failed", event.pool, text, event.time_ms, is_alarm=True, severity="critical")


def operator_alert(event: OperatorAlert, _: Units) -> News:
    """Something of the pool is not as it was; what is over needs nobody."""
    severity = next((known for known in SEVERITIES if known == event.severity), SEVERITIES[-1])
    is_over = event.kind.endswith(ENDS)
    is_alarm = severity == "critical" and not is_over
    return News(event.kind, event.pool, event.text, event.time_ms, is_alarm=is_alarm, severity=severity)


RULES: Mapping[type[Message], Callable[[Any, Units], News]] = {
    BlockSubmitted: block_submitted,
    BlockConfirmed: block_confirmed,
    BlockOrphaned: block_orphaned,
    PaymentSent: payment_sent,
    PaymentFailed: payment_failed,
    PayeeQuarantined: payee_quarantined,
    AuditFailed: audit_failed,
    OperatorAlert: operator_alert,
}
