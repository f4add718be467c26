"""The table of subjects as JetStream configurations."""

from __future__ import annotations

import fnmatch
from dataclasses import replace

import pytest
from nats.js.api import DiscardPolicy, StorageType

from nompcore.jetstream import bucket_config, store_config, stream_config, streams_of, without_age_limit
from nompcore.subject_kinds import Bucket
from nompcore.subjects import (
    BANS,
    BUCKETS,
    EVENTS,
    EXTRANONCE,
    JOBS,
    LEASES,
    OBJECT_STORES,
    SERVICES,
    SHARES,
    STREAMS,
    SUBJECTS,
    TEMPLATES,
)

RELOADING = ("KV_reload", "KV_reload-answers", "KV_restarts")
"""Every service has a part in it."""


@pytest.mark.parametrize(
    ("service", "streams"),
    [
        (
            "stratum",
            [
                "JOBS",
                "SHARES",
                "BLOCKS",
                "UPSTREAM",
                "KV_bans",
                "KV_switch",
                "KV_extranonce",
                "KV_replicas",
                "KV_sessions",
            ],
        ),
        (
            "jobmaker",
            [
                "JOBS",
                "BLOCKS",
                "UPSTREAM",
                "KV_leaders",
                "KV_stats",
                "OBJ_templates",
            ],
        ),
        (
            "payouts",
            [
                "SHARES",
                "BLOCKS",
                "EVENTS",
                "ALARMS",
                "KV_leases",
                "KV_stats",
            ],
        ),
        (
            "api",
            [
                "BLOCKS",
                "EVENTS",
                "ALARMS",
                "ALERTS",
                "ADMIN_LOG",
                "KV_subscriptions",
                "KV_used-challenges",
                "KV_switch",
                "KV_stats",
                "KV_admin",
                "KV_admin-tries",
            ],
        ),
        (
            "notifier",
            [
                "BLOCKS",
                "EVENTS",
                "ALARMS",
                "ALERTS",
                "KV_bans",
                "KV_subscriptions",
                "KV_told",
                "KV_asked",
                "KV_tellers",
                "KV_switch",
                "KV_leases",
                "KV_leaders",
                "KV_stats",
                "KV_alerted",
                "KV_delivered",
            ],
        ),
    ],
)
def test_a_service_makes_what_its_rows_name_and_nothing_else(service: str, streams: list[str]) -> None:
    names = [config.name for config in streams_of(service)]

    assert set(RELOADING) <= set(names)
    assert [name for name in names if name not in RELOADING] == streams


def test_everything_in_the_table_is_made_by_some_service() -> None:
    made = {config.name for service in SERVICES for config in streams_of(service)}

    assert len(made) == len(STREAMS) + len(BUCKETS) + len(OBJECT_STORES)


def test_no_two_streams_share_a_subject() -> None:
    wildcards = [wildcard for stream in STREAMS for wildcard in stream_config(stream).subjects or []]

    assert len(wildcards) == len(set(wildcards)) == sum(subject.stream is not None for subject in SUBJECTS)
    for subject in SUBJECTS:
        matching = [
            wildcard for wildcard in wildcards if fnmatch.fnmatch(subject.of("litecoin", "r1"), wildcard)
        ]
        assert matching == ([subject.wildcard] if subject.stream else [])


def test_jobs_live_in_memory_one_for_each_pool_and_shares_on_disk() -> None:
    jobs, shares = stream_config(JOBS), stream_config(SHARES)

    assert (jobs.storage, jobs.max_msgs_per_subject) == (StorageType.MEMORY, 1)
    assert (shares.storage, shares.max_msgs_per_subject) == (StorageType.FILE, -1)
    assert shares.max_age == 0  # payouts cuts it
    assert stream_config(EVENTS).discard == DiscardPolicy.OLD


def test_only_the_age_limit_of_a_stream_is_lifted_and_only_by_who_cuts_it() -> None:
    aged = replace(stream_config(SHARES), max_age=1209600, num_replicas=3, max_bytes=10**12)

    assert without_age_limit("payouts", aged) == replace(aged, max_age=0)
    assert without_age_limit("stratum", aged) is None
    assert without_age_limit("payouts", stream_config(SHARES)) is None
    assert without_age_limit("payouts", stream_config(EVENTS)) is None


@pytest.mark.parametrize("bucket", [EXTRANONCE, LEASES])
def test_a_lease_ends_by_the_age_of_its_only_value(bucket: Bucket) -> None:
    config = bucket_config(bucket)

    assert (config.max_age, config.max_msgs_per_subject) == (bucket.ttl_seconds, 1)
    assert config.duplicate_window <= bucket.ttl_seconds


def test_where_entries_end_the_server_takes_their_time_and_tells_watchers() -> None:
    bans, leases = bucket_config(BANS), bucket_config(LEASES)

    assert (bans.allow_msg_ttl, bans.subject_delete_marker_ttl, bans.max_age) == (True, 1.0, 0)
    assert bans.storage == StorageType.FILE
    assert (leases.allow_msg_ttl, leases.subject_delete_marker_ttl) == (None, None)


def test_an_object_lives_for_its_stores_time() -> None:
    assert store_config(TEMPLATES).max_age == TEMPLATES.ttl_seconds
