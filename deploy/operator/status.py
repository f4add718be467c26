"""Everything about the running pool, as its services tell it over NATS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import nats.errors
import nats.js.errors
from nats.aio.client import Client

from deploy.operator.replicas import Replica, answering, of_stratum
from nompcore.bus import Bus
from nompcore.control import StratumControl
from nompcore.errors import BusError, StreamGap
from nompcore.jetstream import bucket_stream
from nompcore.messages import Message, NetworkSnapshot, PaymentFailed, PoolSnapshot
from nompcore.requests import PaymentsControl, PaymentsControlReply
from nompcore.subject_kinds import Subject
from nompcore.subjects import (
    ALERT,
    AUDIT_FAILED,
    PAYEE_QUARANTINED,
    PAYMENT_FAILED,
    PAYMENTS_CONTROL,
    STATS,
    STRATUM_CONTROL,
    SWITCH_ORDER,
    network_key,
    pool_key,
)
from nompcore.switching import SwitchOrder, SwitchState

TIMEOUT_SECONDS = 3.0
DAY_MS = 24 * 3600 * 1000
NEWEST_LINES = 400
"""Of each stream of alarms: enough for a day in which somebody looks."""

T = TypeVar("T", bound=Message)


@dataclass(frozen=True, slots=True)
class StratumState:
    """One replica's part of a pool; `connections` is None where it did not answer."""

    replica: str
    connections: int | None


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that called an operator."""

    pool: str
    kind: str
    text: str
    time_ms: int


@dataclass(slots=True)
class PoolStatus:
    """One pool; None for what nobody told."""

    name: str
    network: NetworkSnapshot | None = None
    pool: PoolSnapshot | None = None
    stratum: list[StratumState] = field(default_factory=list)
    payments: PaymentsControlReply | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """The portal. `time_ms` is when it was asked."""

    time_ms: int
    replicas: list[Replica]
    pools: list[PoolStatus]
    switches: list[SwitchState]
    alarms: list[Alarm]


async def look(bus: Bus, client: Client, now_ms: int, only: str = "") -> Status:
    """Ask everybody. What does not answer is missing. Raises BusError only where NATS itself fails."""
    replicas = await answering(client)
    names = [name for name in await _pool_names(client, replicas) if only in ("", name)]
    pools = [await _pool(bus, name, replicas) for name in names]
    alarms = [alarm for name in names for alarm in await _alarms(bus, name, now_ms - DAY_MS)]
    return Status(now_ms, replicas, pools, await _switches(bus), sorted(alarms, key=lambda a: -a.time_ms))


async def _pool_names(client: Client, replicas: Sequence[Replica]) -> list[str]:
    """Pools with a snapshot, or with miners."""
    prefixes = [f"$KV.{STATS.name}.{key('')}" for key in (network_key, pool_key)]
    names = {pool for pool, _ in of_stratum(replicas)}
    try:
        context = client.jetstream(timeout=TIMEOUT_SECONDS)
        state = (await context.stream_info(bucket_stream(STATS), subjects_filter="$KV.>")).state
    except (nats.js.errors.NotFoundError, nats.errors.Error, TimeoutError):
        return sorted(names)  # no bucket yet
    for subject in state.subjects or {}:
        names |= {subject.removeprefix(prefix) for prefix in prefixes if subject.startswith(prefix)}
    return sorted(names)


async def _pool(bus: Bus, name: str, replicas: Sequence[Replica]) -> PoolStatus:
    bucket = bus.bucket(STATS)
    return PoolStatus(
        name,
        await bucket.load(network_key(name), NetworkSnapshot),
        await bucket.load(pool_key(name), PoolSnapshot),
        [await _stratum(bus, name, replica) for _, replica in of_stratum(replicas, name)],
        await _payments(bus, name),
    )


async def _stratum(bus: Bus, pool: str, replica: str) -> StratumState:
    try:
        reply = await bus.request(
            STRATUM_CONTROL, StratumControl(action="connections", limit=1), pool=pool, replica=replica,
            timeout_seconds=TIMEOUT_SECONDS,
        )  # fmt: skip
    except BusError:
        return StratumState(replica, None)
    return StratumState(replica, reply.total)


async def _payments(bus: Bus, pool: str) -> PaymentsControlReply | None:
    try:
        return await bus.request(
            PAYMENTS_CONTROL, PaymentsControl(action="status"), pool=pool, timeout_seconds=TIMEOUT_SECONDS
        )
    except BusError:  # nobody pays here, or payouts is away: the snapshot's age tells which
        return None


async def _switches(bus: Bus) -> list[SwitchState]:
    try:
        return (
            await bus.request(SWITCH_ORDER, SwitchOrder(), pool="", timeout_seconds=TIMEOUT_SECONDS)
        ).states
    except BusError:
        return []


# ---- alarms ----


async def _alarms(bus: Bus, pool: str, since_ms: int) -> list[Alarm]:
    found = [
        *(_failed(message) for message in await _newest(bus, PAYMENT_FAILED, pool)),
        *(
            Alarm(pool, "payee-quarantined", f"{message.address}: {message.reason}", message.time_ms)
            for message in await _newest(bus, PAYEE_QUARANTINED, pool)
        ),
        *(
            Alarm(pool, "audit-failed", "; ".join(message.problems), message.time_ms)
            for message in await _newest(bus, AUDIT_FAILED, pool)
        ),
        *(
            Alarm(pool, message.kind, message.text, message.time_ms)
            for message in await _newest(bus, ALERT, pool)
            if message.severity != "info"
        ),
    ]
    return [alarm for alarm in found if alarm.time_ms >= since_ms]


def _failed(message: PaymentFailed) -> Alarm:
    return Alarm(message.pool, "payment-failed", f"{message.payment_id}: {message.reason}", message.time_ms)


async def _newest(bus: Bus, subject: Subject[T], pool: str) -> list[T]:
    """The newest messages of a stream; none where the stream is not there yet."""
    try:
        last = (await bus.log_state(subject)).last_sequence
        try:
            stored = await bus.stretch(subject, pool, max(0, last - NEWEST_LINES))
        except StreamGap:  # older ones have ended: what there is
            stored = await bus.stretch(subject, pool, 0)
    except BusError:
        return []
    return [one.message for one in stored]
