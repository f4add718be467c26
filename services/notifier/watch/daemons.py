"""A pool's daemons as jobmaker sees them."""

from __future__ import annotations

from nompcore.messages import DaemonState, NetworkSnapshot
from services.notifier.rules import shown_name
from services.notifier.watch.observed import Observed

OK, BEHIND, FORKED, DOWN = "ok", "behind", "forked", "down"

SETTLE_MS = 60_000
"""A daemon that is restarted, or busy with a block, is back by then."""


def observed_daemons(snapshot: NetworkSnapshot) -> list[Observed]:
    """All of them. Whatever jobmaker calls a state in which no work comes is "down" here."""
    working = {daemon.name for daemon in snapshot.daemons if daemon.state in (OK, BEHIND)}
    return [_observed(snapshot.pool, daemon, is_last=not working) for daemon in snapshot.daemons]


def _observed(pool: str, daemon: DaemonState, *, is_last: bool) -> Observed:
    state = daemon.state if daemon.state in (OK, BEHIND, FORKED) else DOWN
    why = f": {shown_name(daemon.detail)}" if daemon.detail else ""
    words = {
        OK: f"{pool}: daemon {daemon.name} works again",
        BEHIND: f"{pool}: daemon {daemon.name} is behind{why}",
        FORKED: f"{pool}: daemon {daemon.name} is on another chain{why}",
        DOWN: f"{pool}: daemon {daemon.name} gives no work ({daemon.state}){why}",
    }
    is_severe = state == FORKED or is_last
    return Observed(
        group="daemon",
        name=daemon.name,
        state=state,
        usual=OK,
        kind="daemon.back" if state == OK else f"daemon.{state}",
        severity="critical" if is_severe else "warning",
        words=words[state],
        settle_ms=SETTLE_MS,
    )
