"""The running pool for people, at most 100 columns wide; and what of it is not as it should be. Pure."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from deploy.operator.money import Money
from deploy.operator.status import PoolStatus, Status
from deploy.operator.switch_orders import state_text
from nompcore.subjects import SERVICES

COLUMNS = 100
STALE_SECONDS = 60
"""Snapshots are written every few seconds."""

MAX_ALARMS = 10
PREFIXES = ("", "k", "M", "G", "T", "P", "E")


def status_text(status: Status, money: Callable[[str], Money]) -> str:
    """Everything, what is wrong last. `money` of a pool's name."""
    lines = [_services(status)]
    for pool in status.pools:
        lines += ["", *pool_lines(pool, status.time_ms, money(pool.name))]
    lines += _switches(status)
    lines += _alarms(status)
    problems = troubles(status)
    lines += ["", *([f"WRONG: {text}" for text in problems] or ["all is well"])]
    return "\n".join(_narrow(line) for line in lines)


def troubles(status: Status) -> list[str]:
    """What is not as it should be."""
    running = {replica.service for replica in status.replicas}
    found = [f"no {service} answers" for service in SERVICES if service not in running]
    if not status.pools:
        found.append("no pool has told anything yet")
    return found + [text for pool in status.pools for text in _of_pool(pool, status.time_ms)]


def _of_pool(pool: PoolStatus, now_ms: int) -> list[str]:
    found = []
    for name, snapshot in (("jobmaker", pool.network), ("payouts", pool.pool)):
        if snapshot is None or now_ms - snapshot.time_ms > STALE_SECONDS * 1000:
            found.append(f"{pool.name}: nothing new from {name} for a minute")
    if pool.network:
        found += [
            f"{pool.name}: daemon {daemon.name} is {daemon.state} {daemon.detail}".rstrip()
            for daemon in pool.network.daemons
            if daemon.state != "ok"
        ]
        if pool.network.template_refused:
            found.append(
                f"{pool.name}: the daemon refuses its own templates: {pool.network.template_refused}"
            )
    state = _payments_state(pool)
    if state.startswith("stopped"):
        found.append(f"{pool.name}: payments are {state}")
    silent = [state.replica for state in pool.stratum if state.connections is None]
    return found + [f"{pool.name}: stratum {name} does not answer" for name in silent]


def pool_lines(pool: PoolStatus, now_ms: int, money: Money) -> list[str]:
    """One pool."""
    lines = [f"pool {pool.name}"]
    if pool.network:
        chain = pool.network
        lines.append(
            f"  chain     {chain.chain}, block {chain.height} next, difficulty {chain.difficulty:.6g}, "
            f"{hashrate(chain.network_hashrate)} ({_age(now_ms, chain.time_ms)})"
        )
        lines += [
            f"  daemon    {daemon.name} {daemon.state}, height {daemon.height} {daemon.detail}".rstrip()
            for daemon in chain.daemons
        ]
    lines += [
        f"  stratum   {state.replica}: "
        + ("no answer" if state.connections is None else f"{state.connections} connections")
        for state in pool.stratum
    ] or ["  stratum   no replica answers"]
    return [*lines, *_money_lines(pool, now_ms, money)]


def _money_lines(pool: PoolStatus, now_ms: int, money: Money) -> list[str]:
    lines = []
    if pool.pool:
        told = pool.pool
        lines += [
            f"  miners    {told.miner_count} with {told.worker_count} workers, {hashrate(told.hashrate)} "
            f"({_age(now_ms, told.time_ms)})",
            f"  blocks    {told.blocks_confirmed} confirmed, {told.blocks_pending} pending, "
            f"{told.blocks_orphaned} orphaned",
        ]
    paid = f", {money.told(pool.pool.total_paid_sats)} paid so far" if pool.pool else ""
    lines.append(f"  payments  {_payments_state(pool)}{paid}")
    if pool.payments:
        counts = (
            f"{len(pool.payments.open_payments)} under way, {len(pool.payments.quarantined)} in quarantine"
        )
        lines.append(f"            {counts}")
    return lines


def hashrate(per_second: float) -> str:
    """Hashes per second with three digits and a prefix of thousands."""
    place = 0
    while per_second >= 1000 and place < len(PREFIXES) - 1:
        per_second, place = per_second / 1000, place + 1
    return f"{per_second:.3g} {PREFIXES[place]}H/s"


def _payments_state(pool: PoolStatus) -> str:
    """payouts' own word: the snapshot is written by the replica that pays."""
    if pool.pool:
        return pool.pool.payments_state
    return pool.payments.state if pool.payments else "unknown"


def _services(status: Status) -> str:
    counts = Counter(replica.service for replica in status.replicas)
    versions = sorted({replica.version for replica in status.replicas})
    told = ", ".join(f"{service} {counts[service]}" for service in SERVICES)
    return f"replicas: {told}; version {', '.join(versions) or 'unknown'}"


def _switches(status: Status) -> list[str]:
    return ["", *(f"switch {state_text(state)}" for state in status.switches)] if status.switches else []


def _alarms(status: Status) -> list[str]:
    if not status.alarms:
        return ["", "alarms: none in the last day"]
    shown = [
        f"  {_time(alarm.time_ms)}  {alarm.pool}  {alarm.kind}  {alarm.text}"
        for alarm in status.alarms[:MAX_ALARMS]
    ]
    return ["", f"alarms: {len(status.alarms)} in the last day, the newest first", *shown]


def _age(now_ms: int, time_ms: int) -> str:
    return f"{max(0, now_ms - time_ms) // 1000} s ago"


def _time(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def _narrow(line: str) -> str:
    return textwrap.fill(line, COLUMNS, subsequent_indent=" " * 12, break_on_hyphens=False)
