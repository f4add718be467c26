"""One of each event."""

from __future__ import annotations

from nompcore.alarms import AuditFailed, OperatorAlert, PayeeQuarantined
from nompcore.messages import (
    BlockConfirmed,
    BlockOrphaned,
    BlockSubmitted,
    PaymentFailed,
    PaymentSent,
)
from tests.unit.api_samples import BLOCK_HASH, NOW_MS, POOL, TXID

HOSTILE_NAME = "Laddress.@everyone <!channel>\n[x](http://evil)"


def block_submitted(status: str = "accepted", reason: str = "", time_ms: int = NOW_MS) -> BlockSubmitted:
    """A block of a miner with a hostile name."""
    return BlockSubmitted(
        pool=POOL,
        height=100,
        block_hash_display=BLOCK_HASH,
        coinbase_txid_display=TXID,
        worker=HOSTILE_NAME,
        address="Laddress",
        difficulty=1.0,
        reward_sats=1_250_000_000,
        time_ms=time_ms,
        status=status,
        reason=reason,
    )


def block_confirmed() -> BlockConfirmed:
    """The block is deep enough."""
    return BlockConfirmed(
        pool=POOL,
        height=100,
        block_hash_display=BLOCK_HASH,
        reward_sats=1_250_000_000,
        worker="w",
        time_ms=NOW_MS,
    )


def block_orphaned() -> BlockOrphaned:
    """Another block won."""
    return BlockOrphaned(
        pool=POOL,
        height=100,
        block_hash_display=BLOCK_HASH,
        worker="w",
        reason="competing block",
        time_ms=NOW_MS,
    )


def payment_sent() -> PaymentSent:
    """Miners were paid."""
    return PaymentSent(
        pool=POOL, payment_id="p-1", txid_display=TXID, total_sats=1, fee_sats=2, payees=3, time_ms=NOW_MS
    )


def payment_failed() -> PaymentFailed:
    """Miners were not paid."""
    return PaymentFailed(pool=POOL, payment_id="p-1", reason="outcome unknown", time_ms=NOW_MS)


def payee_quarantined() -> PayeeQuarantined:
    """One miner is not paid."""
    return PayeeQuarantined(pool=POOL, address="Laddress", reason="refused (-5)", time_ms=NOW_MS)


def audit_failed(*problems: str) -> AuditFailed:
    """Nobody is paid."""
    found = list(problems) or ["the books are off by 1"]
    return AuditFailed(pool=POOL, problems=found, time_ms=NOW_MS)


def operator_alert(kind: str = "daemon.down", severity: str = "warning", number: int = 1) -> OperatorAlert:
    """A daemon is not as it was."""
    return OperatorAlert(
        pool=POOL,
        alert_id=f"{number:032x}",
        kind=kind,
        subject="10.0.0.5:9332",
        was="ok",
        now="down",
        severity=severity,
        text=f"{POOL}: daemon 10.0.0.5:9332 gives no work (silent)",
        time_ms=NOW_MS,
    )
