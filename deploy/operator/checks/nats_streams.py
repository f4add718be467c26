"""The streams as the table of subjects wants them. One that exists keeps what it was made with."""

from __future__ import annotations

from collections.abc import Iterable

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.js.api import StreamConfig, StreamInfo

from deploy.operator.checks.ground import ANSWER_SECONDS, Ground
from deploy.operator.findings import Finding, fine, unchecked, wrong
from nompcore.jetstream import stream_config
from nompcore.subject_kinds import Stream
from nompcore.subjects import STREAMS

FULL = 0.8
"""Part of a stream's own limit from which on it is nearly full."""


async def check_streams(_ground: Ground, client: Client) -> list[Finding]:
    """All of the table."""
    context = client.jetstream(timeout=ANSWER_SECONDS)
    found: list[Finding] = []
    present = 0
    for stream in STREAMS:
        try:
            info = await context.stream_info(stream.name)
        except nats.js.errors.NotFoundError:
            continue  # its service makes it when it starts first
        except (nats.errors.Error, TimeoutError) as error:
            found.append(_unknown(stream.name, str(error)))
            continue
        present += 1
        found += judge(stream, info)
    return found or [
        fine("streams", "NATS streams", f"{present} of {len(STREAMS)} are there, as they should be")
    ]


def judge(stream: Stream, info: StreamInfo) -> list[Finding]:
    """One stream as it is."""
    wanted, where = stream_config(stream), f"NATS stream {stream.name}"
    return [
        *_age(where, stream, info.config),
        *_subjects(where, wanted.subjects or [], info.config),
        *_room(where, info),
    ]


def _age(where: str, stream: Stream, present: StreamConfig) -> list[Finding]:
    if not stream.cutter or not present.max_age:
        return []
    return [
        wrong(
            "stream-ages", where, f"it forgets messages after {present.max_age / 86400:g} days",
            why="shares that a block or a window still needs would be gone: miners lose their reward",
            mend=f"as operator: nats stream edit {stream.name} --max-age=0 "
            "(or start payouts once with the operator's NATS_URL)",
        )
    ]  # fmt: skip


def _subjects(where: str, wanted: Iterable[str], present: StreamConfig) -> list[Finding]:
    missing = sorted(set(wanted) - set(present.subjects or []))
    if not missing:
        return []
    all_of_them = ",".join([*(present.subjects or []), *missing])
    return [
        wrong(
            "stream-subjects", where, f"it does not store {', '.join(missing)}",
            why="what is published there fails: a stream keeps the subjects that it was made with",
            mend=f"as operator: nats stream edit {present.name} --subjects='{all_of_them}'",
        )
    ]  # fmt: skip


def _room(where: str, info: StreamInfo) -> list[Finding]:
    limit, used = info.config.max_bytes or 0, info.state.bytes
    if limit <= 0 or used < FULL * limit:
        return []
    return [
        wrong(
            "stream-full", where, f"it uses {used >> 10} of its limit of {limit >> 10} kB",
            why="at the limit its oldest messages go, read or not",
            mend=f"as operator: nats stream edit {info.config.name} --max-bytes=-1",
        )
    ]  # fmt: skip


def _unknown(name: str, text: str) -> Finding:
    return unchecked(
        "stream-unknown", f"NATS stream {name}", f"it could not be looked at: {text}",
        mend="use the NATS user operator, who may look at everything",
    )  # fmt: skip
