"""The states that a daemon can be in, as logs, metrics and the api name them."""

from __future__ import annotations

from nompcore.errors import (
    DaemonError,
    DaemonGarbled,
    DaemonHttpFault,
    DaemonLonely,
    DaemonSilent,
    DaemonSyncing,
    DaemonUnauthorized,
    DaemonUnreachable,
    DaemonWarmingUp,
    TemplateError,
)

OK = "ok"
BEHIND = "behind"  # it gives work, but others are blocks ahead
FORKED = "forked"  # it gives work, on another chain than the daemon that leads
REFUSED = "refused"
WRONG_NETWORK = "wrong-network"

_STATE_OF_ERROR: tuple[tuple[type[Exception], str], ...] = (
    (DaemonSilent, "silent"),
    (DaemonHttpFault, "http-fault"),
    (DaemonGarbled, "garbled"),
    (DaemonUnreachable, "unreachable"),
    (DaemonSyncing, "syncing"),
    (DaemonLonely, "no-peers"),
    (DaemonWarmingUp, "warming-up"),
    (DaemonUnauthorized, "unauthorized"),
)
"""Special kinds before general ones."""

STATES = (OK, BEHIND, FORKED, REFUSED, WRONG_NETWORK, *(state for _, state in _STATE_OF_ERROR))


def state_of(error: DaemonError | TemplateError) -> str:
    """The state that an error puts a daemon in."""
    return next((state for kind, state in _STATE_OF_ERROR if isinstance(error, kind)), REFUSED)
