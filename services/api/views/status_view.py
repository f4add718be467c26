"""The state of every service and daemon, as far as pulses, snapshots and answers tell. Pure.

What cannot be told is `unknown`: nothing here guesses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nompcore.config import PoolConfig
from nompcore.messages import NetworkSnapshot, PoolSnapshot
from nompcore.subjects import API, JOBMAKER, NOTIFIER, PAYOUTS, STRATUM
from nompcore.version import VERSION
from services.api.state.live import LiveState, PoolLive
from services.api.views.portal_models import DaemonStatus, ServiceState, Status
from services.api.views.upstream_view import upstream_status

OK, STALE, SILENT, UNAVAILABLE, UNKNOWN = "ok", "stale", "silent", "unavailable", "unknown"
DEGRADED = "degraded"


def status_of(pools: Mapping[str, PoolConfig], state: LiveState, now_ms: int, *, connected: bool) -> Status:
    """Every part once for each pool that it can be told for; `connected`: whether this process is to NATS."""
    services: list[ServiceState] = [_api(connected)]
    daemons: list[DaemonStatus] = []
    for name, live in sorted(state.pools.items()):
        services += _services(state, name, live, now_ms)
        daemons += _daemons(name, len(pools[name].daemons), live.network)
    services.append(_notifier())
    upstreams = [
        upstream_status(name, section, live.upstream, stale=state.is_stale(live.upstream, now_ms))
        for name, live in sorted(state.pools.items())
        if (section := pools[name].upstream) is not None
    ]
    told = [part.state for part in services if part.service != NOTIFIER]
    told += [part.state for part in daemons] + [part.state for part in upstreams]
    well = all(word == OK for word in told)
    return Status(
        state=OK if well else DEGRADED,
        version=VERSION,
        services=services,
        daemons=daemons,
        upstreams=upstreams,
    )


def _api(connected: bool) -> ServiceState:
    return ServiceState(
        service=API,
        pool=None,
        state=OK if connected else UNAVAILABLE,
        replicas=None,
        age_seconds=0.0,
        detail="this process" if connected else "this process has no connection to NATS",
    )


def _notifier() -> ServiceState:
    return ServiceState(
        service=NOTIFIER,
        pool=None,
        state=UNKNOWN,
        replicas=None,
        age_seconds=None,
        detail="it tells nobody how it is; see its own metrics",
    )


def _services(state: LiveState, name: str, live: PoolLive, now_ms: int) -> Iterator[ServiceState]:
    yield _stratum(name, live, now_ms)
    stale = state.is_stale(live.network, now_ms)
    yield ServiceState(
        service=JOBMAKER,
        pool=name,
        state=_snapshot_state(live.network, stale),
        replicas=None,
        age_seconds=_age_seconds(live.network, now_ms),
        detail="by the age of its snapshot of the network",
    )
    stale = state.is_stale(live.pool, now_ms)
    yield ServiceState(
        service=PAYOUTS,
        pool=name,
        state=_snapshot_state(live.pool, stale) if live.payouts_answers else UNAVAILABLE,
        replicas=None,
        age_seconds=_age_seconds(live.pool, now_ms),
        detail="by its answers and the age of its snapshot of the pool",
    )


def _stratum(name: str, live: PoolLive, now_ms: int) -> ServiceState:
    heard = [pulse.heard_ms for pulse in live.pulses.values()]
    return ServiceState(
        service=STRATUM,
        pool=name,
        state=OK if heard else SILENT,
        replicas=len(heard),
        age_seconds=_seconds(now_ms - max(heard)) if heard else None,
        detail="by the pulses of its replicas",
    )


def _daemons(pool: str, configured: int, network: NetworkSnapshot | None) -> Iterator[DaemonStatus]:
    told = network.daemons if network else []
    for number in range(1, max(configured, len(told)) + 1):
        daemon = told[number - 1] if number <= len(told) else None
        yield DaemonStatus(
            pool=pool,
            number=number,
            state=daemon.state if daemon else UNKNOWN,
            height=daemon.height or None if daemon else None,
        )


def _snapshot_state(snapshot: NetworkSnapshot | PoolSnapshot | None, stale: bool) -> str:
    if snapshot is None:
        return UNKNOWN
    return STALE if stale else OK


def _age_seconds(snapshot: NetworkSnapshot | PoolSnapshot | None, now_ms: int) -> float | None:
    return _seconds(now_ms - snapshot.time_ms) if snapshot else None


def _seconds(ms: int) -> float:
    return round(ms / 1000, 1)
