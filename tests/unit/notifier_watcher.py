"""A watch over one pool, played look by look."""

from __future__ import annotations

from collections.abc import Sequence

from nompcore.alarms import OperatorAlert
from nompcore.messages import DaemonState, NetworkSnapshot
from services.notifier.watch import daemons, hashrate
from services.notifier.watch.observed import Observed
from services.notifier.watch.replicas import Pulse, observed_replicas
from services.notifier.watch.settling import Unsettled
from services.notifier.watch.told import PoolTold
from services.notifier.watch.verdicts import judge

POOL = "litecoin"
LOOK_MS = 5_000
START_MS = 1_700_000_000_000
STATES = ("ok", "behind", "forked", "unreachable", "silent")


class Watcher:
    """One replica of the notifier that looks every five seconds; what it told is `told`."""

    def __init__(self, told: PoolTold | None = None, now_ms: int = START_MS) -> None:
        self.told = told or PoolTold()
        self.now_ms = now_ms
        self.alerts: list[OperatorAlert] = []
        self._unsettled: dict[str, Unsettled] = {}

    def look(self, observations: Sequence[Observed], times: int = 1) -> None:
        for _ in range(times):
            verdict = judge(POOL, self.told, self._unsettled, observations, self.now_ms)
            self.told, self._unsettled = verdict.told, dict(verdict.unsettled)
            self.alerts += verdict.alerts
            self.now_ms += LOOK_MS

    def look_long(self, observations: Sequence[Observed]) -> None:
        """Long enough for any change to be believed."""
        self.look(observations, 1 + hashrate.DROP_SETTLE_MS // LOOK_MS)

    @property
    def kinds(self) -> list[str]:
        return [alert.kind for alert in self.alerts]


def seen(*states: str) -> list[Observed]:
    """Daemons d0, d1 … as jobmaker tells of them."""
    told = [DaemonState(name=f"d{number}", state=state) for number, state in enumerate(states)]
    return daemons.observed_daemons(
        NetworkSnapshot(
            pool=POOL,
            chain="main",
            height=1,
            difficulty=1,
            network_hashrate=0,
            job_id="",
            daemons=told,
            time_ms=START_MS,
        )
    )


def pulses_seen(watcher: Watcher, pulses: dict[str, Pulse], listening_since_ms: int) -> list[Observed]:
    known = watcher.told.names("replica")
    return observed_replicas(POOL, known, pulses, listening_since_ms, watcher.now_ms)
