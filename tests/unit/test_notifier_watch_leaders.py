"""Who leads a pool: another one, nobody, somebody again."""

from __future__ import annotations

from services.notifier.watch import leaders
from services.notifier.watch.leaders import observed_leader, owner_of
from services.notifier.watch.observed import Observed
from tests.unit.notifier_watcher import POOL, Watcher


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
