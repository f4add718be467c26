"""Redis or Valkey of payouts: is it there, does it keep what it is told, and never evict?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, RedisError

from deploy.operator.checks.ground import ANSWER_SECONDS, Ground
from deploy.operator.findings import Finding, fine, hint, wrong
from nompcore.logs import without_credentials

NO_COUNTS = "payouts counts no shares: they wait in NATS, and nobody is paid for them"
FULL = 0.9
"""Part of maxmemory from which on it is nearly full."""


async def check_redis(ground: Ground) -> list[Finding]:
    """The one of all pools."""
    where = f"Redis {without_credentials(ground.settings.redis_url)} (REDIS_URL)"
    try:
        client = Redis.from_url(
            ground.settings.redis_url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS
        )
    except ValueError as error:
        return [_bad_url(where, str(error))]
    async with client:
        try:
            return judge(where, await client.info("everything"), await _snapshots(client))
        except AuthenticationError as error:
            return [_login(where, str(error))]
        except (RedisError, OSError) as error:
            return [_unreachable(where, str(error))]


async def _snapshots(client: Redis) -> str:
    """The setting `save`; empty where it is off, and where it may not be asked."""
    try:
        return str((await client.config_get("save")).get("save", ""))
    except RedisError:
        return ""


def judge(where: str, info: Mapping[str, Any], save: str) -> list[Finding]:
    """What the server says of itself."""
    found = [*_eviction(where, info), *_persistence(where, info, save), *_memory(where, info)]
    if found:
        return found
    version = info.get("valkey_version") or info.get("redis_version")
    return [fine("redis", where, f"version {version}, keeps what it is told, never evicts")]


def _eviction(where: str, info: Mapping[str, Any]) -> list[Finding]:
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if policy == "noeviction":
        return []
    return [
        wrong(
            "redis-evicts", where, f"its maxmemory-policy is {policy}",
            why="when its memory is full it throws counts of the running round away, and miners lose shares",
            mend="set maxmemory-policy noeviction in its configuration, and CONFIG SET it now",
        )
    ]  # fmt: skip


def _persistence(where: str, info: Mapping[str, Any], save: str) -> list[Finding]:
    if info.get("aof_enabled") == 0 and not save:
        return [
            hint(
                "redis-forgets", where, "it writes nothing to its disk (appendonly no, save \"\")",
                why="after a restart payouts has to count the whole share log again, and the graphs of "
                "the past "
                "are gone",
                mend="set appendonly yes and appendfsync everysec, as deploy/redis.conf does",
            )
        ]  # fmt: skip
    statuses = (info.get("aof_last_write_status", "ok"), info.get("rdb_last_bgsave_status", "ok"))
    if all(status == "ok" for status in statuses):
        return []
    return [
        wrong(
            "redis-disk", where, "its last writing to the disk failed", why=NO_COUNTS,
            mend="look at its log, at the space on its disk and the owner of its directory",
        )
    ]  # fmt: skip


def _memory(where: str, info: Mapping[str, Any]) -> list[Finding]:
    limit, used = int(info.get("maxmemory", 0)), int(info.get("used_memory", 0))
    if not limit or used < FULL * limit:
        return []
    return [
        wrong(
            "redis-full", where, f"it uses {used >> 20} MB of the {limit >> 20} MB of maxmemory",
            why=NO_COUNTS + " once it is full", mend="raise maxmemory, or leave it out",
        )
    ]  # fmt: skip


def _login(where: str, text: str) -> Finding:
    return wrong(
        "redis-login", where, f"it refuses the password: {text}", why=NO_COUNTS,
        mend="write the server's requirepass (or ACL user) into REDIS_URL: redis://:<password>@<host>:<port>/0",
    )  # fmt: skip


def _unreachable(where: str, text: str) -> Finding:
    return wrong(
        "redis-unreachable", where, text, why=NO_COUNTS,
        mend="start Redis, or give its address as REDIS_URL of payouts; look at its bind and the firewall",
    )  # fmt: skip


def _bad_url(where: str, text: str) -> Finding:
    return wrong(
        "redis-url", where, text, why=NO_COUNTS, mend="give redis://:<password>@<host>:<port>/0 as REDIS_URL"
    )
