"""Submitting a block to all daemons of a pool in parallel."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from nompcore.errors import DaemonError, DaemonRefused
from services.jobmaker.block_fate import Answer, Weight, read_result
from services.jobmaker.capabilities import SUBMIT_BY_TEMPLATE
from services.jobmaker.chain_check import METHOD_NOT_FOUND
from services.jobmaker.daemon_states import state_of
from services.jobmaker.daemon_watch import WatchedDaemon
from services.jobmaker.daemons import PoolDaemons

SUBMIT_TIMEOUT_SECONDS = 30.0
"""A daemon validates a full block in seconds; one that takes longer is asked again."""

DESERIALIZATION_ERROR = -22  # Bitcoin Core's RPC_DESERIALIZATION_ERROR: the block is not a block


async def submit_block(daemons: PoolDaemons, block_hex: str, on_accepted: Callable[[], None]) -> list[Answer]:
    """Every daemon's answer. `on_accepted` is called at the first acceptances, before slow daemons answer."""

    async def submit(daemon: WatchedDaemon) -> Answer:
        answer = await _submit_to(daemon, block_hex)
        if answer.weight is Weight.ACCEPTED:
            on_accepted()
        return answer

    return list(await asyncio.gather(*(submit(daemon) for daemon in daemons.own_chain)))


async def _submit_to(daemon: WatchedDaemon, block_hex: str) -> Answer:
    try:
        return read_result(daemon.name, await _call_submit(daemon, block_hex))
    except DaemonRefused as refused:
        weight = Weight.REFUSED if refused.code == DESERIALIZATION_ERROR else Weight.UNJUDGED
        return Answer(daemon.name, str(refused), weight)
    except DaemonError as error:
        return Answer(daemon.name, state_of(error), Weight.SILENT)


async def _call_submit(watched: WatchedDaemon, block_hex: str) -> object:
    if watched.capabilities is None or watched.capabilities.submit_call != SUBMIT_BY_TEMPLATE:
        try:
            return await watched.daemon.call("submitblock", block_hex, timeout_seconds=SUBMIT_TIMEOUT_SECONDS)
        except DaemonRefused as refused:
            if refused.code != METHOD_NOT_FOUND:
                raise
    request = {"mode": "submit", "data": block_hex}
    return await watched.daemon.call("getblocktemplate", request, timeout_seconds=SUBMIT_TIMEOUT_SECONDS)
