"""Does another portal live in the same NATS? Their pools of one name would take each other's shares."""

from __future__ import annotations

from collections.abc import Mapping

import nats.errors
import nats.js.errors
from nats.aio.client import Client

from deploy.operator.checks.ground import ANSWER_SECONDS, Ground
from deploy.operator.findings import Finding, unchecked, wrong
from nompcore.errors import BusError
from nompcore.jetstream import bucket_stream
from nompcore.messages import NetworkSnapshot
from nompcore.subjects import STATS, network_key
from nompcore.wire import decode

ALIVE_SECONDS = 60
"""jobmaker writes its snapshot every five."""

_PREFIX = f"$KV.{STATS.name}.{network_key('')}"


async def check_other_portals(ground: Ground, client: Client) -> list[Finding]:
    """Pools whose jobmaker is at work and that the configuration does not have."""
    if ground.config is None:
        return []
    context, stream = client.jetstream(timeout=ANSWER_SECONDS), bucket_stream(STATS)
    try:
        subjects = (await context.stream_info(stream, subjects_filter=f"{_PREFIX}*")).state.subjects or {}
        times = {}
        for subject in subjects:
            message = await context.get_msg(stream, subject=subject, direct=True)
            times[subject.removeprefix(_PREFIX)] = decode(NetworkSnapshot, message.data or b"").time_ms
    except nats.js.errors.NotFoundError:
        return []  # no bucket yet, hence nobody at work
    except (nats.errors.Error, TimeoutError, BusError) as error:
        return [_unknown(str(error))]
    return judge(times, set(ground.config.pools), ground.now())


def judge(times_ms: Mapping[str, int], known: set[str], now: float) -> list[Finding]:
    """`times_ms`: pool → when its jobmaker wrote last."""
    alive = {pool for pool, time_ms in times_ms.items() if now - time_ms / 1000 < ALIVE_SECONDS}
    strangers = sorted(alive - known)
    if not strangers:
        return []
    return [
        wrong(
            "other-portal", "NATS (NATS_URL)",
            f"a jobmaker is at work for {', '.join(strangers)}, which this configuration does not have",
            why="two portals in one NATS share bans, leases and switches, and pools of one name each "
            "other's shares",
            mend="give each portal a NATS of its own (or an account of it); if it is this portal, run "
            "the command "
            "with the NOMP_CONFIG_DIR of the services",
        )
    ]  # fmt: skip


def _unknown(text: str) -> Finding:
    return unchecked(
        "other-portal", "NATS (NATS_URL)", f"whether another portal uses it could not be seen: {text}",
        mend="use the NATS user operator, who may look at everything",
    )  # fmt: skip
