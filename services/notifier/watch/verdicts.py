"""From how a pool looks and what was told to what is to be told now. The same on every replica."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from nompcore.alarms import OperatorAlert
from services.notifier.alerting.alert import ID_BYTES
from services.notifier.rules import ENDS
from services.notifier.watch.observed import Observed
from services.notifier.watch.replicas import LEFT, LOST
from services.notifier.watch.settling import Unsettled, settle
from services.notifier.watch.told import PoolTold, Told

FORGET_MS = 2 * 24 * 3600_000
"""A replica so long away is not expected any more; what a channel has taken is forgotten before."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`told` is true once the alerts are published."""

    alerts: tuple[OperatorAlert, ...]
    told: PoolTold
    unsettled: Mapping[str, Unsettled]


def judge(
    pool: str,
    told: PoolTold,
    unsettled: Mapping[str, Unsettled],
    observations: Sequence[Observed],
    now_ms: int,
) -> Verdict:
    """What follows from one look at a pool. What was not observed stays as it is, and begins anew."""
    things = dict(told.things)
    after: dict[str, Unsettled] = {}
    alerts: list[OperatorAlert] = []
    for observed in observations:
        before = things.setdefault(observed.key, Told(observed.usual or observed.state, since_ms=now_ms))
        waiting, is_due = settle(before.state, unsettled.get(observed.key), observed, now_ms)
        if waiting is not None:
            after[observed.key] = waiting
        if is_due:
            alert = alert_of(pool, before, observed, now_ms)
            alerts += [alert] if alert else []
            things[observed.key] = _told(before, observed, alert, now_ms)
    kept = {key: thing for key, thing in things.items() if not _is_forgotten(key, thing, now_ms)}
    return Verdict(tuple(alerts), msgspec.structs.replace(told, things=kept), after)


def alert_of(pool: str, before: Told, observed: Observed, now_ms: int) -> OperatorAlert | None:
    """The alert of a change; None where the change is nothing to tell. What ends is as severe as it was."""
    is_end = observed.kind.endswith(ENDS)
    was_never_told = is_end and before.number == 0
    if not observed.kind or before.state == LEFT or was_never_told:
        return None
    return OperatorAlert(
        pool=pool,
        alert_id=alert_id(pool, observed.key, before.number + 1, observed.state),
        kind=observed.kind,
        subject=observed.name,
        was=before.state,
        now=observed.state,
        severity=before.severity or observed.severity if is_end else observed.severity,
        text=observed.words,
        time_ms=now_ms,
    )


def alert_id(pool: str, key: str, number: int, state: str) -> str:
    """Of the change that makes `number` of what is told of a thing; 32 hex digits."""
    content = "\n".join((pool, key, str(number), state)).encode()
    return hashlib.blake2b(content, digest_size=ID_BYTES).hexdigest()


def _told(before: Told, observed: Observed, alert: OperatorAlert | None, now_ms: int) -> Told:
    if alert is None:
        return Told(observed.state, before.number, now_ms, before.severity)
    return Told(observed.state, before.number + 1, now_ms, alert.severity)


def _is_forgotten(key: str, thing: Told, now_ms: int) -> bool:
    is_away = key.startswith("replica:") and thing.state in (LOST, LEFT)
    return is_away and now_ms - thing.since_ms > FORGET_MS
