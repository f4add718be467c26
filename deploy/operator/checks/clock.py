"""This machine's clock beside those of the servers: jobs carry its time, and bans and leases end by it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import nats.errors

from deploy.operator.bus_door import NoBus, open_client
from deploy.operator.checks.ground import ANSWER_SECONDS, Ground
from deploy.operator.findings import Finding, fine, unchecked, wrong
from nompcore.daemon import Daemon
from nompcore.errors import DaemonError
from nompcore.subjects import STREAMS
from services.jobmaker.chain_check import call_if_known

TOLERATED_SECONDS = 5.0
FUTURE_SECONDS = 60.0
"""The median of the last eleven blocks' times lies an hour back on a real chain; it never lies ahead."""

WHERE = "clock of this machine"
MEND = "let the machines follow one time: install chrony or systemd-timesyncd, `timedatectl set-ntp true`"


async def check_clock(ground: Ground) -> list[Finding]:
    """Against NATS, and each pool's chain."""
    ahead, medians = await asyncio.gather(_ahead_of_nats(ground), _median_times(ground))
    found = [*judge_servers(ahead), *judge_chains(medians, ground.now())]
    if found:
        return found
    if ahead is None and not medians:
        text = "neither NATS nor a daemon told its time"
        return [
            unchecked("clock-unknown", WHERE, text, mend="mend what is said of NATS and the daemons first")
        ]
    return [fine("clock", WHERE, "agrees with the servers that told theirs")]


def judge_servers(ahead_seconds: float | None) -> list[Finding]:
    """How far this clock is before that of NATS; None where that is not known."""
    if ahead_seconds is None or abs(ahead_seconds) <= TOLERATED_SECONDS:
        return []
    side = "ahead of" if ahead_seconds > 0 else "behind"
    return [
        wrong(
            "clock-off", WHERE, f"it is {abs(ahead_seconds):.0f} s {side} that of NATS",
            why="times of shares, bans, payments and events would not agree between services",
            mend=MEND,
        )
    ]  # fmt: skip


def judge_chains(medians: Mapping[str, int], now: float) -> list[Finding]:
    """`medians`: pool → median time of the last eleven blocks, Unix seconds."""
    return [
        wrong(
            "clock-behind-chain", WHERE, f"it is {median - now:.0f} s behind the last blocks of {pool}",
            why="blocks with such a time break the coin's rules: what is found is refused",
            mend=MEND,
        )
        for pool, median in medians.items()
        if median > now + FUTURE_SECONDS
    ]  # fmt: skip


async def _ahead_of_nats(ground: Ground) -> float | None:
    """Seconds; half of the way there and back is taken as one way."""
    try:
        client = await open_client(ground.settings.nats_url)
    except NoBus:
        return None
    try:
        for stream in STREAMS:
            began = ground.now()
            answer = await client.request(f"$JS.API.STREAM.INFO.{stream.name}", b"", timeout=ANSWER_SECONDS)
            middle = (began + ground.now()) / 2
            if (told := _time_of(json.loads(answer.data))) is not None:
                return middle - told
        return None
    except (nats.errors.Error, TimeoutError, ValueError):
        return None
    finally:
        await client.close()


def _time_of(answer: Mapping[str, Any]) -> float | None:
    """The server's time in an answer about a stream that is there, Unix seconds."""
    text = str(answer.get("ts", ""))
    if not text:
        return None
    return datetime.fromisoformat(text[:26].rstrip("Z") + "+00:00").timestamp()  # nanoseconds are cut off


async def _median_times(ground: Ground) -> dict[str, int]:
    found: dict[str, int] = {}
    for pool in ground.pools:
        for config in pool.daemons[:1]:
            async with Daemon(config) as daemon:
                try:
                    async with asyncio.timeout(ANSWER_SECONDS):
                        info = await call_if_known(daemon, "getblockchaininfo")
                except (DaemonError, TimeoutError):
                    continue  # said of the daemon
            if isinstance(info, Mapping) and isinstance(info.get("mediantime"), int):
                found[pool.name] = int(info["mediantime"])
    return found
