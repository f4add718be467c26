"""What the api remembers, and when it forgets."""

from __future__ import annotations

from services.api.state.live import MAX_REPLICAS, REPLICA_SILENCE_MS, LiveState
from tests.unit import api_samples as samples


def live_state(interval_seconds: float = samples.INTERVAL_SECONDS) -> LiveState:
    return LiveState([samples.POOL], interval_seconds=interval_seconds, retention_seconds=3600)


def test_a_snapshot_is_stale_after_three_intervals() -> None:
    state, snapshot = live_state(), samples.pool_snapshot(time_ms=1_000_000)

    assert not state.is_stale(snapshot, 1_000_000 + 45_000)
    assert state.is_stale(snapshot, 1_000_000 + 45_001)


def test_a_missing_snapshot_is_stale() -> None:
    assert live_state().is_stale(None, samples.NOW_MS)


def test_a_short_interval_does_not_make_the_snapshots_of_slower_writers_stale() -> None:
    state, snapshot = live_state(interval_seconds=1), samples.network_snapshot(time_ms=1_000_000)

    assert not state.is_stale(snapshot, 1_000_000 + 10_000)


def test_a_silent_replica_leaves_with_the_next_gathering() -> None:
    state = live_state()
    state.hear(samples.replica_stats("a"), 0)
    state.hear(samples.replica_stats("b"), REPLICA_SILENCE_MS)

    state.gathered(REPLICA_SILENCE_MS + 1)

    assert list(state.pools[samples.POOL].pulses) == ["b"]


def test_a_pulse_of_an_unknown_pool_is_not_kept() -> None:
    assert not live_state().hear(samples.replica_stats(pool="other"), 0)


def test_replicas_are_bounded_but_known_ones_are_still_heard() -> None:
    state = live_state()
    heard = [state.hear(samples.replica_stats(f"r{number}"), 0) for number in range(MAX_REPLICAS + 1)]

    assert heard == [True] * MAX_REPLICAS + [False]
    assert state.hear(samples.replica_stats("r0"), 1)


def test_history_grows_by_newer_points_only() -> None:
    state = live_state()
    state.add_history(samples.POOL, samples.history(), samples.NOW_MS)
    state.add_history(samples.POOL, [*samples.history(), samples.history_point(0)], samples.NOW_MS)

    ages = [1_764_000_000_000 - point.time_ms for point in state.pools[samples.POOL].history]
    assert ages == [30_000, 15_000, 0]


def test_history_older_than_the_retention_is_forgotten() -> None:
    state = live_state()
    state.add_history(samples.POOL, samples.history(), samples.NOW_MS)

    state.add_history(samples.POOL, [], samples.NOW_MS + 3600_000 - 20_000)

    assert [point.workers for point in state.pools[samples.POOL].history] == [3]


def test_every_gathering_is_a_new_revision() -> None:
    state = live_state()
    state.gathered(1)
    state.gathered(2)

    assert (state.revision, state.gathered_ms) == (2, 2)
