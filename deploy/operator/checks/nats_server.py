"""NATS itself: is it there, does it take the credentials, has it JetStream, and is it flushed to the disk?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
from nats.aio.client import Client

from deploy.operator.bus_door import NoBus, Trouble, open_client
from deploy.operator.checks.ground import ANSWER_SECONDS, Ground
from deploy.operator.checks.nats_streams import check_streams
from deploy.operator.checks.other_portals import check_other_portals
from deploy.operator.findings import Finding, fine, hint, unchecked, wrong
from nompcore.logs import without_credentials

NOTHING_RUNS = "services talk over NATS only: without it no share is taken and no block handed on"
MONITOR_PORT = 8222
LEAST_PAYLOAD = 4 << 20
"""A snapshot of a pool with thousands of workers has as many bytes."""
FULL = 0.8
"""Part of the room for streams from which on it is nearly full."""


async def check_nats(ground: Ground) -> list[Finding]:
    """The server, then what is in it."""
    where = f"NATS {without_credentials(ground.settings.nats_url)} (NATS_URL)"
    try:
        async with _connected(ground) as client:
            found = judge_server(where, _info(client))
            if any(finding.code == "nats-no-jetstream" for finding in found):
                return found
            found += await _monitoring(ground, where)
            return [*found, *await check_streams(ground, client), *await check_other_portals(ground, client)]
    except NoBus as error:
        return [_no_connection(where, error)]


@asynccontextmanager
async def _connected(ground: Ground) -> AsyncIterator[Client]:
    client = await open_client(ground.settings.nats_url)
    try:
        yield client
    finally:
        await client.close()


def _info(client: Client) -> Mapping[str, Any]:
    """What the server said of itself when it was connected to."""
    return client._server_info  # the client shows only a part of it


def judge_server(where: str, info: Mapping[str, Any]) -> list[Finding]:
    """What the server says of itself."""
    if not info.get("jetstream"):
        return [
            wrong(
                "nats-no-jetstream", where, "JetStream is off", why="shares and blocks could not be stored",
                mend="start nats-server with deploy/nats.conf, or with jetstream { store_dir: … } in its own",
            )
        ]  # fmt: skip
    found = [fine("nats", where, f"connected, version {info.get('version')}, JetStream is on")]
    payload = int(info.get("max_payload", 0))
    if payload < LEAST_PAYLOAD:
        found.append(
            hint(
                "nats-payload", where, f"its max_payload is {payload >> 10} kB",
                why="snapshots of pools with thousands of workers do not fit: pages and APIs would stand "
                "still",
                mend="set max_payload: 8MB, as deploy/nats.conf does",
            )
        )  # fmt: skip
    return found


def _no_connection(where: str, error: NoBus) -> Finding:
    if error.trouble is Trouble.UNAUTHORIZED:
        return wrong(
            "nats-login", where, "it refuses user and password", why=NOTHING_RUNS,
            mend="give the user's password as the server's nats-users.conf has it (python -m "
            "deploy.setup secrets "
            "makes both; `make run` keeps the operator's in NOMP_HOME/secrets/nats_operator), then "
            "reload NATS",
        )  # fmt: skip
    if error.trouble is Trouble.OF_A_SERVICE:
        return unchecked(
            "nats-user", where, str(error),
            mend="give the URL of the user operator as NATS_URL_FILE: only that one may look at everything",
        )  # fmt: skip
    return wrong(
        "nats-unreachable", where, str(error), why=NOTHING_RUNS,
        mend="start nats-server with deploy/nats.conf, or give its address as NATS_URL of every service",
    )  # fmt: skip


# ---- what only the monitoring page tells ----


async def _monitoring(ground: Ground, where: str) -> list[Finding]:
    url = ground.nats_monitor or _monitor_of(ground.settings.nats_url)
    try:
        async with httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as client:
            answer = (await client.get(f"{url}/varz")).raise_for_status().json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return [
            unchecked(
                "nats-monitoring", where, f"no monitoring page at {url}, which alone tells sync_interval "
                "and room",
                mend="start nats-server with --http_port 8222 on an address of the inside, or name the "
                "page with "
                "--nats-monitor; `sync_interval: always` has to stand in its configuration",
            )
        ]  # fmt: skip
    return judge_storage(where, answer.get("jetstream") or {})


def _monitor_of(nats_url: str) -> str:
    host = urlsplit(nats_url.partition(",")[0].strip()).hostname or "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{MONITOR_PORT}"


def judge_storage(where: str, jetstream: Mapping[str, Any]) -> list[Finding]:
    """What `jetstream` of /varz says about the disk."""
    config, stats = jetstream.get("config", {}), jetstream.get("stats", {})
    found = []
    if not config.get("sync_always"):
        found.append(
            wrong(
                "nats-sync", where, "it does not flush each message to the disk (sync_interval is not "
                "always)",
                why="a power cut can take two minutes of shares whose miners were told that they count",
                mend="set sync_interval: always within jetstream { } of its configuration, and restart it",
            )
        )  # fmt: skip
    limit, used = int(config.get("max_storage", 0)), int(stats.get("storage", 0))
    if limit and used >= FULL * limit:
        found.append(
            wrong(
                "nats-full", where, f"streams use {used >> 20} of {limit >> 20} MB",
                why="a full store takes no shares: every miner gets errors",
                mend="raise max_file_store, or make room on its disk; docs/operator-guide.md (The share "
                "log) tells "
                "what holds on to old shares",
            )
        )  # fmt: skip
    return found or [fine("nats-storage", where, "every message is flushed to the disk, and there is room")]
