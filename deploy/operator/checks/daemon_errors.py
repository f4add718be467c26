"""What a daemon's refusal or silence means, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from deploy.operator.findings import Finding, wrong
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
)

NO_WORK = "no work comes from it, and no found block goes to it"


@dataclass(frozen=True, slots=True)
class _Advice:
    code: str
    mend: str


_ADVICE: tuple[tuple[type[DaemonError], _Advice], ...] = (
    (DaemonUnauthorized, _Advice(
        "daemon-login",
        'set "user" and "password" of {key} to the daemon\'s rpcuser and rpcpassword (or "cookieFile"), '
        'and let '
        "its rpcallowip name this machine",
    )),
    (DaemonSilent, _Advice("daemon-silent", "look at the daemon's log and load, or restart it")),
    (DaemonHttpFault, _Advice(
        "daemon-http", 'look whether "port" of {key} is the daemon\'s rpcport, and what answers there',
    )),
    (DaemonGarbled, _Advice("daemon-garbled", 'look whether "port" of {key} is the daemon\'s rpcport')),
    (DaemonUnreachable, _Advice(
        "daemon-unreachable",
        'start the daemon with server=1; "host" and "port" of {key} have to be its rpcbind and rpcport; from '
        "another machine its rpcallowip and the firewall have to let it through",
    )),
    (DaemonSyncing, _Advice("daemon-syncing", "wait until it has downloaded the chain")),
    (DaemonLonely, _Advice("daemon-no-peers", "look at its addnode, connect and listen, and the firewall")),
    (DaemonWarmingUp, _Advice("daemon-warming-up", "wait until it has loaded its data; its log says how "
    "far it is")),
)  # fmt: skip
"""Special kinds before general ones."""

_OTHER = _Advice(
    "daemon-refuses", "look at the daemon's log; docs/coins.md tells what a coin file may have to say for it"
)


def of_error(where: str, error: DaemonError, *, key: str, why: str = NO_WORK) -> Finding:
    """The finding about a daemon that did not answer as it should. `key`: where the pool's file names it."""
    advice = next((advice for kind, advice in _ADVICE if isinstance(error, kind)), _OTHER)
    return wrong(advice.code, where, str(error), why=why, mend=advice.mend.format(key=key))
