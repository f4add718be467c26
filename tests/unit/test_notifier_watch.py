"""From looks at a pool to alerts: each change told once, and nothing told without one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.alarms import OperatorAlert
from nompcore.config.alert_events import DERIVED
from nompcore.messages import DaemonState, NetworkSnapshot
from services.notifier.watch import daemons, hashrate, leaders, replicas
from services.notifier.watch.bans import CALM_BANS, STORM_BANS, WINDOW_MS, BanCount
from services.notifier.watch.hashrate import Average, averaged, observed_hashrate, shown_rate
from services.notifier.watch.leaders import observed_leader, owner_of
from services.notifier.watch.observed import Observed
from services.notifier.watch.replicas import Pulse, observed_replicas
from services.notifier.watch.settling import BREAK_MS, Unsettled
from services.notifier.watch.told import PoolTold, Told, told_bytes, told_of
from services.notifier.watch.verdicts import FORGET_MS, judge

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


def test_a_daemon_that_goes_and_comes_back_is_told_twice() -> None:
    watcher = Watcher()
    watcher.look_long(seen("ok", "ok"))
    watcher.look_long(seen("ok", "unreachable"))
    watcher.look_long(seen("ok", "ok"))

    assert watcher.kinds == ["daemon.down", "daemon.back"]
    assert [alert.subject for alert in watcher.alerts] == ["d1", "d1"]
    assert watcher.alerts[0].text == "litecoin: daemon d1 gives no work (unreachable)"


def test_a_daemon_that_is_away_for_a_moment_is_not_told() -> None:
    watcher = Watcher()
    for _ in range(20):
        watcher.look(seen("ok"), 3)
        watcher.look(seen("unreachable"), daemons.SETTLE_MS // LOOK_MS)

    assert watcher.alerts == []


def test_kinds_of_being_down_are_one_state() -> None:
    watcher = Watcher()
    for state in ("unreachable", "warming-up", "syncing", "refused") * 5:
        watcher.look(seen(state), 5)

    assert watcher.kinds == ["daemon.down"]


def test_the_last_daemon_is_critical_and_so_is_a_fork_and_their_end() -> None:
    watcher = Watcher()
    watcher.look_long(seen("ok", "silent"))
    watcher.look_long(seen("forked", "silent"))
    watcher.look_long(seen("ok", "ok"))

    severities = {(alert.kind, alert.subject): alert.severity for alert in watcher.alerts}
    assert severities == {
        ("daemon.down", "d1"): "warning",
        ("daemon.forked", "d0"): "critical",
        ("daemon.back", "d0"): "critical",
        ("daemon.back", "d1"): "warning",
    }


def test_one_that_is_down_when_it_is_first_seen_is_told() -> None:
    watcher = Watcher()
    watcher.look_long(seen("unreachable"))

    assert watcher.kinds == ["daemon.down"]


@given(st.lists(st.lists(st.sampled_from(STATES), min_size=2, max_size=2), max_size=8))
def test_each_lasting_change_is_told_exactly_once(phases: list[list[str]]) -> None:
    watcher = Watcher()
    watcher.look_long(seen("ok", "ok"))
    before, expected = ["ok", "ok"], 0
    for phase in phases:
        watcher.look_long(seen(*phase))
        now = [observed.state for observed in seen(*phase)]
        expected += sum(was != is_now for was, is_now in zip(before, now, strict=True))
        before = now

        assert len(watcher.alerts) == expected
    assert all(alert.was != alert.now for alert in watcher.alerts)
    assert len({alert.alert_id for alert in watcher.alerts}) == expected


@given(st.sampled_from(STATES), st.sampled_from(STATES), st.integers(0, 40))
def test_two_replicas_give_a_change_one_id(first: str, then: str, ahead: int) -> None:
    watcher = Watcher()
    watcher.look_long(seen("ok"))
    watcher.look_long(seen(first))
    other = Watcher(watcher.told, watcher.now_ms)
    told = len(watcher.alerts)
    other.look(seen(first), ahead)
    watcher.look_long(seen(then))
    other.look_long(seen(then))

    assert [a.alert_id for a in other.alerts] == [a.alert_id for a in watcher.alerts[told:]]


def test_a_restart_tells_nothing_again_and_nothing_too_little() -> None:
    watcher = Watcher()
    watcher.look_long(seen("ok", "silent"))
    again = Watcher(told_of(told_bytes(watcher.told)), watcher.now_ms)
    again.look_long(seen("ok", "silent"))
    assert again.alerts == []

    again.look_long(seen("silent", "ok"))
    assert sorted(again.kinds) == ["daemon.back", "daemon.down"]


def test_who_has_not_looked_for_long_begins_anew() -> None:
    watcher = Watcher()
    watcher.look(seen("ok"))
    watcher.look(seen("silent"))
    watcher.now_ms += BREAK_MS + daemons.SETTLE_MS
    watcher.look(seen("silent"))
    assert watcher.alerts == []

    watcher.look_long(seen("silent"))
    assert watcher.kinds == ["daemon.down"]


def test_a_replica_whose_pulse_stops_is_lost_and_then_back() -> None:
    watcher = Watcher()
    pulses = {"a": Pulse(START_MS, False), "b": Pulse(START_MS, False)}
    for beat in range(60):
        pulses["a"] = Pulse(watcher.now_ms, False)
        if not 10 < beat < 40:
            pulses["b"] = Pulse(watcher.now_ms, False)
        watcher.look(pulses_seen(watcher, pulses, START_MS))

    assert watcher.kinds == ["replica.lost", "replica.back"]
    assert watcher.alerts[0].text == "litecoin: stratum replica b is lost"
    assert {alert.severity for alert in watcher.alerts} == {"warning"}


def test_lost_pulses_are_no_lost_replica() -> None:
    watcher = Watcher()
    pulses: dict[str, Pulse] = {}
    for beat in range(60):
        if beat % 5 == 0:  # four of five are lost
            pulses["a"] = Pulse(watcher.now_ms, False)
        watcher.look(pulses_seen(watcher, pulses, START_MS))

    assert watcher.alerts == []


def test_a_replica_that_drains_and_ends_is_no_loss_and_neither_is_its_return() -> None:
    watcher = Watcher()
    pulses = {"a": Pulse(START_MS, False), "b": Pulse(START_MS, False)}
    for beat in range(60):
        pulses["a"] = Pulse(watcher.now_ms, False)
        if not 10 < beat < 40:
            pulses["b"] = Pulse(watcher.now_ms, is_draining=beat == 10)
        watcher.look(pulses_seen(watcher, pulses, START_MS))

    assert watcher.alerts == []
    assert watcher.told.state_of("replica:b") == replicas.UP


def test_after_a_restart_replicas_get_their_time_and_the_lost_ones_are_told() -> None:
    told = PoolTold(things={f"replica:{name}": Told(replicas.UP) for name in "ab"})
    watcher = Watcher(told)
    for _ in range(20):
        pulses = {"a": Pulse(watcher.now_ms, False)}
        watcher.look(pulses_seen(watcher, pulses, START_MS))

    assert [(alert.kind, alert.subject) for alert in watcher.alerts] == [("replica.lost", "b")]


def test_without_any_replica_it_is_critical_and_it_is_forgotten_after_days() -> None:
    watcher = Watcher()
    watcher.look_long(pulses_seen(watcher, {"a": Pulse(watcher.now_ms, False)}, START_MS))
    watcher.now_ms += replicas.SILENT_MS
    watcher.look_long(pulses_seen(watcher, {}, START_MS))
    assert [(a.kind, a.severity) for a in watcher.alerts] == [("replica.lost", "critical")]

    watcher.now_ms += FORGET_MS
    watcher.look(pulses_seen(watcher, {}, START_MS))
    assert watcher.told.names("replica") == []


def leader_seen(watcher: Watcher, owner: str) -> list[Observed]:
    return [observed_leader(POOL, "jobmaker", owner, watcher.told.state_of("leader:jobmaker"))]


def lead(watcher: Watcher, owner: str, looks: int = 30) -> None:
    for _ in range(looks):
        watcher.look(leader_seen(watcher, owner))


def test_another_leader_is_told_and_the_first_one_is_not() -> None:
    watcher = Watcher()
    lead(watcher, "jobmaker-1")
    lead(watcher, "", 2)  # its lease ends before another one has it
    lead(watcher, "jobmaker-2")

    assert [(a.kind, a.was, a.now) for a in watcher.alerts] == [
        ("leader.changed", "jobmaker-1", "jobmaker-2")
    ]
    assert watcher.alerts[0].text == "litecoin: jobmaker is led by jobmaker-2, before by jobmaker-1"


def test_nobody_who_leads_is_critical_and_so_is_its_end() -> None:
    watcher = Watcher()
    lead(watcher, "jobmaker-1")
    lead(watcher, "")
    lead(watcher, "jobmaker-1")

    assert [(a.kind, a.severity) for a in watcher.alerts] == [
        ("leader.lost", "critical"),
        ("leader.back", "critical"),
    ]


def test_the_first_leader_of_all_is_nothing_to_tell() -> None:
    watcher = Watcher()
    lead(watcher, "")
    lead(watcher, "jobmaker-1")

    assert watcher.alerts == []


def test_the_owner_of_a_lease() -> None:
    assert owner_of(b"jobmaker-1 0123456789abcdef") == "jobmaker-1"
    assert owner_of(None) == leaders.NOBODY


def mined(watcher: Watcher, rates: Sequence[float]) -> None:
    """A snapshot each minute."""
    average = watcher.told.average
    for rate in rates:
        average = averaged(average, rate, watcher.now_ms)
        watcher.look([observed_hashrate(POOL, average)], 60_000 // LOOK_MS)
    watcher.told = PoolTold(things=watcher.told.things, average=average)


def test_a_hashrate_that_drops_is_told_and_its_return_too() -> None:
    watcher = Watcher()
    mined(watcher, [1e12] * 180)
    mined(watcher, [4e11] * 60)
    mined(watcher, [9e11] * 60)

    assert watcher.kinds == ["hashrate.dropped", "hashrate.back"]
    assert watcher.alerts[0].text.startswith("litecoin: hashrate dropped to 400 GH/s, usual is ")


def test_a_rate_that_sways_around_the_border_is_told_once() -> None:
    watcher = Watcher()
    mined(watcher, [1e12] * 180)
    mined(watcher, [4e11] * 30 + [6e11, 4e11] * 60)

    assert watcher.kinds == ["hashrate.dropped"]


def test_a_lower_rate_that_lasts_becomes_the_usual_one() -> None:
    watcher = Watcher()
    mined(watcher, [1e12] * 180)
    mined(watcher, [4e11] * 60 * 72)

    assert watcher.kinds == ["hashrate.dropped", "hashrate.back"]


def test_a_dip_of_minutes_and_a_pool_that_has_just_begun_tell_nothing() -> None:
    watcher = Watcher()
    mined(watcher, [1e12, 1e10] * 10)
    mined(watcher, [1e12] * 180 + [0.0] * 5 + [1e12] * 60)

    assert watcher.alerts == []


@given(st.lists(st.floats(0.8e9, 1.2e9), max_size=100))
def test_a_rate_near_its_average_is_usual(rates: list[float]) -> None:
    average = Average()
    for number, rate in enumerate(rates):
        average = averaged(average, rate, START_MS + 60_000 * number)
        assert not average.has_dropped
    if rates:
        assert min(rates) <= average.rate * 1.000001
        assert average.rate <= max(rates) * 1.000001


def test_a_snapshot_counts_once() -> None:
    average = averaged(Average(), 1e9, START_MS)

    assert averaged(average, 0, START_MS) == averaged(average, 0, START_MS - 1) == average


@pytest.mark.parametrize(
    ("rate", "text"), [(0, "0 H/s"), (999, "999 H/s"), (1500, "1.5 kH/s"), (4e17, "400 PH/s")]
)
def test_rates_are_shown_as_people_write_them(rate: float, text: str) -> None:
    assert shown_rate(rate) == text


def ban(watcher: Watcher, count: BanCount, bans: int) -> None:
    for _ in range(bans):
        count.add(watcher.now_ms)
    observed = count.observed(POOL, watcher.told.state_of("bans:pool"), watcher.now_ms)
    watcher.look([observed] if observed else [])


def test_a_storm_of_bans_is_told_once_and_its_end() -> None:
    watcher = Watcher()
    count = BanCount(START_MS)
    ban(watcher, count, STORM_BANS - 1)
    assert watcher.alerts == []
    for _ in range(3):
        ban(watcher, count, 1)
    for _ in range(2 * WINDOW_MS // LOOK_MS):
        ban(watcher, count, 0)

    assert watcher.kinds == ["bans.storm", "bans.calm"]
    assert watcher.alerts[0].text == f"litecoin: {STORM_BANS} addresses were banned within 10 minutes"


def test_between_the_borders_a_storm_goes_on() -> None:
    watcher = Watcher()
    count = BanCount(START_MS)
    ban(watcher, count, STORM_BANS)
    for _ in range(10):
        watcher.now_ms += WINDOW_MS
        ban(watcher, count, CALM_BANS + 1)

    assert watcher.kinds == ["bans.storm"]


def test_who_has_listened_too_short_does_not_say_that_a_storm_is_over() -> None:
    watcher = Watcher(PoolTold(things={"bans:pool": Told("storm", 1)}))
    count = BanCount(START_MS)
    ban(watcher, count, 0)
    assert watcher.alerts == []

    watcher.now_ms += WINDOW_MS
    ban(watcher, count, 0)
    assert watcher.kinds == ["bans.calm"]


def test_what_was_told_survives_and_what_cannot_be_read_is_nothing() -> None:
    told = PoolTold(things={"daemon:a": Told("down", 3, START_MS, "critical")}, average=Average(rate=1.5))

    assert told_of(told_bytes(told)) == told
    assert told_of(b"{}") == PoolTold()
    assert told_of(b"[") is None


def test_every_kind_that_is_told_can_be_asked_for() -> None:
    watcher = Watcher()
    watcher.look_long(seen("ok", "ok", "ok"))
    watcher.look_long(seen("silent", "behind", "forked"))
    watcher.look_long(seen("ok", "ok", "ok"))

    assert set(watcher.kinds) <= set(DERIVED)
    assert set(watcher.kinds) == {"daemon.down", "daemon.behind", "daemon.forked", "daemon.back"}
