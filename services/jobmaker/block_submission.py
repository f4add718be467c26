"""Submitting a block to all daemons of a pool in parallel, and asking them whether they build on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping

from nompcore.daemon import Daemon
from nompcore.errors import DaemonError, DaemonRefused
from services.jobmaker.block_fate import Answer, Weight, read_result
from services.jobmaker.chain_check import METHOD_NOT_FOUND
from services.jobmaker.daemon_watch import WatchedDaemon, state_of
from services.jobmaker.daemons import PoolDaemons

SUBMIT_TIMEOUT_SECONDS = 30.0
"""A daemon validates a full block in seconds; one that takes longer is asked again."""

LOOKUP_TIMEOUT_SECONDS = 10.0

DESERIALIZATION_ERROR = -22  # Bitcoin Core's RPC_DESERIALIZATION_ERROR: the block is not a block


async def submit_block(daemons: PoolDaemons, block_hex: str, on_accepted: Callable[[], None]) -> list[Answer]:
    """Every daemon's answer. `on_accepted` is called at the first acceptances, before slow daemons answer."""

    async def submit(daemon: WatchedDaemon) -> Answer:
        answer = await _submit_to(daemon, block_hex)
        if answer.weight is Weight.ACCEPTED:
            on_accepted()
        return answer

    return list(await asyncio.gather(*(submit(daemon) for daemon in _own_chain(daemons))))


async def _submit_to(daemon: WatchedDaemon, block_hex: str) -> Answer:
    try:
        return read_result(daemon.name, await _call_submit(daemon.daemon, block_hex))
    except DaemonRefused as refused:
        weight = Weight.REFUSED if refused.code == DESERIALIZATION_ERROR else Weight.UNJUDGED
        return Answer(daemon.name, str(refused), weight)
    except DaemonError as error:
        return Answer(daemon.name, state_of(error), Weight.SILENT)


async def _call_submit(daemon: Daemon, block_hex: str) -> object:
    try:
        return await daemon.call("submitblock", block_hex, timeout_seconds=SUBMIT_TIMEOUT_SECONDS)
    except DaemonRefused as refused:
        if refused.code != METHOD_NOT_FOUND:
            raise
    # Daemons from before submitblock (BIP 22's first form).
    request = {"mode": "submit", "data": block_hex}
    return await daemon.call("getblocktemplate", request, timeout_seconds=SUBMIT_TIMEOUT_SECONDS)


async def is_in_chain(daemons: PoolDaemons, block_hash_display: str) -> bool:
    """Whether some daemon has the block in its active chain now."""
    lookups = (_is_in_chain_of(daemon.daemon, block_hash_display) for daemon in _own_chain(daemons))
    return any(await asyncio.gather(*lookups))


async def _is_in_chain_of(daemon: Daemon, block_hash_display: str) -> bool:
    try:
        header = await _look_up(daemon, block_hash_display)
    except DaemonError:  # no answer is no sighting; the daemon's watch tells what is wrong with it
        return False
    # -1: known, on another chain.
    return isinstance(header, Mapping) and int(header.get("confirmations", -1)) >= 1


async def _look_up(daemon: Daemon, block_hash_display: str) -> object:
    try:
        return await daemon.call("getblockheader", block_hash_display, timeout_seconds=LOOKUP_TIMEOUT_SECONDS)
    except DaemonRefused as refused:
        if refused.code != METHOD_NOT_FOUND:
            raise
    # Daemons from before getblockheader (Bitcoin 0.10).
    return await daemon.call("getblock", block_hash_display, timeout_seconds=LOOKUP_TIMEOUT_SECONDS)


def _own_chain(daemons: PoolDaemons) -> Iterable[WatchedDaemon]:
    """All but those known to be on another network, whose answers mean nothing for the block."""
    return (daemon for daemon in daemons.daemons if not daemon.is_foreign)
