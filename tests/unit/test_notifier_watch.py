"""From looks at a pool to alerts: each change told once, and nothing told without one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nompcore.config.alert_events import DERIVED
from services.notifier.watch import daemons, replicas
from services.notifier.watch.hashrate import Average
from services.notifier.watch.replicas import Pulse
from services.notifier.watch.settling import BREAK_MS
from services.notifier.watch.told import PoolTold, Told, told_bytes, told_of
from services.notifier.watch.verdicts import FORGET_MS
from tests.unit.notifier_watcher import LOOK_MS, START_MS, STATES, Watcher, pulses_seen, seen


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
