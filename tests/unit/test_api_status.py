"""The state of services and daemons, and what is not known of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nompcore.config.upstream import UpstreamPool, UpstreamSection
from nompcore.upstream import UpstreamSnapshot
from services.api.state.live import LiveState
from services.api.views.portal_models import Status
from services.api.views.status_view import status_of
from tests.unit import api_samples as samples


def nothing_heard() -> LiveState:
    return LiveState([samples.POOL], interval_seconds=samples.INTERVAL_SECONDS, retention_seconds=3600)


def heard() -> LiveState:
    known = nothing_heard()
    live = known.pools[samples.POOL]
    live.pool, live.payouts_answers = samples.pool_snapshot(), True
    live.network = samples.network_snapshot(daemons=samples.network_snapshot().daemons[:1])
    known.hear(samples.replica_stats(), samples.NOW_MS - 1500)
    return known


def status(known: LiveState, *, connected: bool = True) -> Status:
    return status_of({samples.POOL: samples.pool_config()}, known, samples.NOW_MS, connected=connected)


def states(told: Status) -> dict[str, str]:
    return {part.service: part.state for part in told.services}


def test_what_was_heard_of_is_well_and_the_notifier_tells_nobody() -> None:
    told = status(heard())

    assert states(told) == {
        "api": "ok",
        "stratum": "ok",
        "jobmaker": "ok",
        "payouts": "ok",
        "notifier": "unknown",
    }
    assert told.state == "ok"
    stratum = next(part for part in told.services if part.service == "stratum")
    assert (stratum.replicas, stratum.age_seconds) == (1, 1.5)


def test_nothing_is_guessed_before_anything_was_heard() -> None:
    told = status(nothing_heard())

    assert states(told) == {
        "api": "ok",
        "stratum": "silent",
        "jobmaker": "unknown",
        "payouts": "unavailable",
        "notifier": "unknown",
    }
    assert [(daemon.number, daemon.state, daemon.height) for daemon in told.daemons] == [(1, "unknown", None)]
    assert told.state == "degraded"


def test_an_old_snapshot_is_stale_and_a_lost_nats_is_told() -> None:
    known = heard()
    known.pools[samples.POOL].network = samples.network_snapshot(time_ms=0)
    told = status(known, connected=False)

    assert (states(told)["api"], states(told)["jobmaker"]) == ("unavailable", "stale")
    assert told.state == "degraded"


def test_every_daemon_is_told_by_its_place_and_never_by_its_address() -> None:
    known = heard()
    known.pools[samples.POOL].network = samples.network_snapshot()
    told = status(known)

    assert [(daemon.number, daemon.state, daemon.height) for daemon in told.daemons] == [
        (1, "ok", 2_950_122),
        (2, "unreachable", None),
    ]
    assert "10.1.2" not in told.model_dump_json()
    assert told.state == "degraded"


UPSTREAM = UpstreamSection(
    pools=[UpstreamPool(host=host, port=3333, user="us") for host in ("one.example", "two.example")]
)


@pytest.mark.parametrize(
    ("source", "age_ms", "expected"),
    [
        ("one.example:3333", 0, ("ok", 1)),
        ("two.example:3333", 0, ("reserve", 2)),
        ("daemon", 0, ("reserve", None)),
        ("", 0, ("down", None)),
        ("one.example:3333", 10**9, ("stale", 1)),
        (None, 0, ("unknown", None)),
    ],
)
def test_upstream_pools_are_told_by_their_places(
    source: str | None, age_ms: int, expected: tuple[str, int | None]
) -> None:
    known = heard()
    if source is not None:
        known.pools[samples.POOL].upstream = UpstreamSnapshot(
            pool=samples.POOL, source=source, accepted=7, time_ms=samples.NOW_MS - age_ms
        )
    pool = replace(samples.pool_config(), upstream=UPSTREAM)
    told = status_of({samples.POOL: pool}, known, samples.NOW_MS, connected=True)

    (upstream,) = told.upstreams
    assert (upstream.state, upstream.number) == expected
    assert upstream.accepted == (0 if source is None else 7)
    assert (told.state == "ok") == (expected[0] == "ok")
    assert "example" not in told.model_dump_json()


def test_a_pool_without_upstream_pools_is_not_among_them() -> None:
    assert status(heard()).upstreams == []
