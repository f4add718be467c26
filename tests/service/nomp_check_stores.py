"""Misconfigurations of NATS, Redis and databases that `nomp check` has to find."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats
from nats.js.api import StreamConfig
from nats.js.client import JetStreamContext

from nompcore.jetstream import bucket_config, stream_config
from nompcore.messages import NetworkSnapshot
from nompcore.subjects import BLOCKS, EVENTS, SHARES, STATS, network_key
from nompcore.wire import encode
from tests.servers import free_port
from tests.service.nomp_check_cases import Cases
from tests.service.nomp_check_stage import Place, make_ledger

DAY = 24 * 3600.0

STORES = Cases()


# ---- NATS ----


@STORES.plain("nats-unreachable", "NATS", "NATS_URL")
def nats_that_does_not_run(place: Place) -> None:
    place.environ["NATS_URL"] = f"nats://operator:hidden@127.0.0.1:{free_port()}"


@STORES.plain("nats-login", "NATS", "nats-users.conf")
def wrong_password_of_nats(place: Place) -> None:
    place.environ["NATS_URL"] = place.servers.nats.url_for("operator", "of-yesterday")


@STORES.plain("nats-user", "NATS", "operator")
def nats_as_a_service(place: Place) -> None:
    place.environ["NATS_URL"] = place.servers.nats.url_for("api", "of-the-api")


@STORES.plain("nats-no-jetstream", "NATS", "jetstream {", "nats-payload")
def nats_without_jetstream(place: Place) -> None:
    _move_nats(place, careless=False)


@STORES.plain("nats-sync", "NATS", "sync_interval: always")
def nats_that_flushes_now_and_then(place: Place) -> None:
    _move_nats(place)


@STORES.plain("nats-payload", "NATS", "max_payload", "nats-sync")
def nats_that_takes_small_messages_only(place: Place) -> None:
    _move_nats(place)


@STORES.plain("nats-monitoring", "NATS", "--nats-monitor")
def nats_without_a_monitoring_page(place: Place) -> None:
    place.monitor = f"http://127.0.0.1:{free_port()}"


def _move_nats(place: Place, *, careless: bool = True) -> None:
    server = place.servers.careless_nats if careless else place.servers.plain_nats
    place.environ["NATS_URL"], place.monitor = server.url, server.monitor


@asynccontextmanager
async def _with_stream(place: Place, config: StreamConfig) -> AsyncIterator[JetStreamContext]:
    """A stream in the careless server while the case lasts."""
    _move_nats(place)
    client = await nats.connect(place.environ["NATS_URL"])
    context = client.jetstream()
    await context.add_stream(config)
    try:
        yield context
    finally:
        await context.delete_stream(str(config.name))
        await client.close()


@STORES.lasting("stream-ages", "NATS stream SHARES", "nats stream edit SHARES --max-age=0", "nats-sync")
@asynccontextmanager
async def share_log_that_forgets_by_age(place: Place) -> AsyncIterator[None]:
    config = stream_config(SHARES)
    config.max_age = 14 * DAY
    async with _with_stream(place, config):
        yield


@STORES.lasting("stream-subjects", "NATS stream BLOCKS", "--subjects=", "nats-sync")
@asynccontextmanager
async def stream_of_an_older_version(place: Place) -> AsyncIterator[None]:
    config = stream_config(BLOCKS)
    config.subjects = (config.subjects or [])[:2]
    async with _with_stream(place, config):
        yield


@STORES.lasting("stream-full", "NATS stream EVENTS", "--max-bytes=-1", "nats-sync")
@asynccontextmanager
async def stream_that_is_full(place: Place) -> AsyncIterator[None]:
    config = stream_config(EVENTS)
    config.max_bytes = 20_000
    async with _with_stream(place, config) as context:
        for _ in range(18):
            await context.publish("nomp.litecoin.payment.sent", b"x" * 1000)
        yield


@STORES.lasting("other-portal", "NATS", "NATS of its own", "nats-sync")
@asynccontextmanager
async def another_portal_in_the_same_nats(place: Place) -> AsyncIterator[None]:
    async with _with_stream(place, bucket_config(STATS)) as context:
        for pool in ("litecoin", "dogecoin"):
            snapshot = NetworkSnapshot(
                pool=pool, chain="main", height=1, difficulty=1.0, network_hashrate=1.0, job_id="1",
                daemons=[], time_ms=int(time.time() * 1000),
            )  # fmt: skip
            await context.publish(f"$KV.{STATS.name}.{network_key(pool)}", encode(snapshot))
        yield


# ---- Redis ----


@STORES.plain("redis-unreachable", "Redis", "REDIS_URL")
def redis_that_does_not_run(place: Place) -> None:
    place.environ["REDIS_URL"] = f"redis://:hidden@127.0.0.1:{free_port()}/0"


@STORES.plain("redis-login", "Redis", "requirepass")
def wrong_password_of_redis(place: Place) -> None:
    place.environ["REDIS_URL"] = f"redis://:of-yesterday@127.0.0.1:{place.servers.valkey.port}/0"


@STORES.plain("redis-login", "Redis", "requirepass")
def no_password_for_redis(place: Place) -> None:
    place.environ["REDIS_URL"] = place.servers.valkey.url


def _redis_set(name: str, key: str, value: str, code: str, mend: str) -> None:
    @asynccontextmanager
    async def seed(place: Place) -> AsyncIterator[None]:
        async with place.servers.redis() as client:
            before = str((await client.config_get(key))[key])
            await client.config_set(key, value)
            try:
                yield
            finally:
                await client.config_set(key, before)

    seed.__name__ = name
    STORES.lasting(code, "Redis", mend)(seed)


_redis_set("redis_that_evicts", "maxmemory-policy", "allkeys-lru", "redis-evicts", "noeviction")
_redis_set("redis_that_writes_nothing", "appendonly", "no", "redis-forgets", "appendonly yes")
_redis_set("redis_that_is_full", "maxmemory", "1mb", "redis-full", "maxmemory")


# ---- databases ----


@STORES.plain("mpos-unreachable", "MPOS's database 127.0.0.1", "bind-address")
def database_of_mpos_that_does_not_run(place: Place) -> None:
    place.pool("shareProcessing", "internal", "enabled", value=False)
    place.pool(
        "shareProcessing", "mpos",
        value={
            "enabled": True, "host": "127.0.0.1", "port": free_port(), "user": "mpos",
            "password": "hidden one", "database": "mpos",
        },
    )  # fmt: skip


@STORES.plain("ledger-unreachable", "LEDGER_URL", "psql")
def database_that_does_not_run(place: Place) -> None:
    place.environ["LEDGER_URL"] = f"postgresql://nomp:hidden@127.0.0.1:{free_port()}/nomp"


@STORES.plain("ledger-url", "LEDGER_URL", "sqlite:///<file>")
def database_of_another_kind(place: Place) -> None:
    place.environ["LEDGER_URL"] = "mysql://nomp:hidden@127.0.0.1/nomp"


@STORES.plain("ledger-unwritable", "LEDGER_URL", "chown")
def ledger_in_no_directory(place: Place) -> None:
    (place.directory / "file").write_text("")
    place.environ["LEDGER_URL"] = f"sqlite:///{place.directory}/file/ledger.db"


@STORES.plain("ledger-absent", "LEDGER_URL", "restore the backup")
def ledger_that_is_gone(place: Place) -> None:
    place.environ["LEDGER_URL"] = f"sqlite:///{place.directory}/gone.db"


def _versioned(place: Place, version: str) -> None:
    file = place.directory / "versioned.db"
    place.environ["LEDGER_URL"] = f"sqlite:///{file}"
    make_ledger(place.environ["LEDGER_URL"]).close()
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))


@STORES.plain("ledger-newer", "LEDGER_URL", "newer one")
def ledger_of_a_newer_program(place: Place) -> None:
    _versioned(place, "9999")


@STORES.plain("ledger-older", "LEDGER_URL", "back it up")
def ledger_of_an_older_program(place: Place) -> None:
    _versioned(place, "0003")
