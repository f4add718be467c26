"""Each service's NATS user is allowed what the table of subjects says, and nothing besides."""

from __future__ import annotations

import pytest

from deploy.setup.nats_users import nats_users_conf, publish_permissions, subscribe_permissions
from nompcore.subjects import (
    API,
    BANS,
    BLOCK_CONFIRMED,
    BLOCK_FOUND,
    BUCKETS,
    ENDPOINTS,
    JOB,
    JOBMAKER,
    MINER,
    NOTIFIER,
    PAYMENT_SENT,
    PAYOUTS,
    RELOAD,
    SERVICES,
    SHARE_BATCH,
    STRATUM,
    SUBJECTS,
    SWITCH,
)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_publish_exactly_its_own_rows(service: str) -> None:
    allowed = publish_permissions(service)
    for row in SUBJECTS:
        assert (row.wildcard in allowed) == (service in row.producers), row.pattern
    for endpoint in ENDPOINTS:
        assert (endpoint.wildcard in allowed) == (service in endpoint.clients), endpoint.pattern


def test_stratum_can_neither_read_shares_nor_announce_money() -> None:
    allowed = publish_permissions(STRATUM)
    assert SHARE_BATCH.wildcard in allowed
    assert BLOCK_FOUND.wildcard in allowed
    assert PAYMENT_SENT.wildcard not in allowed
    assert BLOCK_CONFIRMED.wildcard not in allowed
    assert MINER.wildcard not in allowed
    assert not [subject for subject in allowed if "CONSUMER" in subject and "SHARES" in subject]
    assert JOB.wildcard in subscribe_permissions(STRATUM)


@pytest.mark.parametrize("service", SERVICES)
def test_nobody_may_delete_or_change_a_stream(service: str) -> None:
    forbidden = ("STREAM.DELETE", "STREAM.UPDATE", "STREAM.MSG.DELETE", "STREAM.RESTORE")
    assert not [s for s in publish_permissions(service) for word in forbidden if word in s]
    assert not {">", "$JS.API.>", "$JS.>"} & set(publish_permissions(service))


def test_only_payouts_may_remove_messages_and_only_from_the_share_log() -> None:
    purging = {
        service: [subject for subject in publish_permissions(service) if "PURGE" in subject]
        for service in SERVICES
    }

    assert purging.pop(PAYOUTS) == ["$JS.API.STREAM.PURGE.SHARES"]
    assert not any(purging.values())


def test_nobody_may_remove_a_reader_that_is_not_its_own() -> None:
    removing = {
        service: [subject for subject in publish_permissions(service) if "CONSUMER.DELETE" in subject]
        for service in SERVICES
    }
    assert removing.pop(PAYOUTS) == ["$JS.API.CONSUMER.DELETE.SHARES.*"]
    assert removing.pop(API) == ["$JS.API.CONSUMER.DELETE.ADMIN_LOG.*"]
    assert not any(removing.values())
    for stream in ("SHARES", "ADMIN_LOG"):
        rows = [row for row in SUBJECTS if row.stream is not None and row.stream.name == stream]
        assert len({row.consumers for row in rows}) == 1


def test_only_jobmaker_may_read_jobs_besides_stratum() -> None:
    assert "$JS.API.DIRECT.GET.JOBS.nomp.*.job" in publish_permissions(JOBMAKER)
    for service in (PAYOUTS, API, NOTIFIER):
        assert not [subject for subject in publish_permissions(service) if ".JOBS" in subject]


@pytest.mark.parametrize("service", SERVICES)
def test_only_the_readers_of_a_watched_bucket_may_watch_it(service: str) -> None:
    watched = {bucket.name for bucket in BUCKETS if bucket.is_watched and service in bucket.readers}
    allowed = publish_permissions(service)

    assert RELOAD.name in watched
    assert (BANS.name in watched) == (service in (STRATUM, NOTIFIER))
    assert (SWITCH.name in watched) == (service in (STRATUM, API, NOTIFIER))
    assert {subject for subject in allowed if "CONSUMER" in subject and ".KV_" in subject} == {
        f"$JS.API.CONSUMER.{request}"
        for name in watched
        for request in (f"CREATE.KV_{name}.*.$KV.{name}.>", f"MSG.NEXT.KV_{name}.*")
    }


def test_the_file_names_every_service_with_its_own_password() -> None:
    conf = nats_users_conf({service: f"secret-of-{service}" for service in SERVICES}, "secret-of-people")
    for service in SERVICES:
        assert f'user: "{service}", password: "secret-of-{service}"' in conf
    assert 'user: "operator", password: "secret-of-people"' in conf
