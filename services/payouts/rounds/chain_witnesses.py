"""The pool's other daemons: what the payment daemon says of a block is not final while one of them denies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from nompcore.config import DaemonConfig
from nompcore.daemon import Daemon
from nompcore.errors import DaemonError
from services.payouts.rounds.chain_view import ChainView, InChain, Place, Replaced


class ChainWitnesses:
    """None at all where the pool has one daemon only."""

    def __init__(self, views: Sequence[ChainView]) -> None:
        self._views = views

    async def deny(self, place: InChain | Replaced, block_hash: str, height: int, coinbase_txid: str) -> bool:
        """Whether a daemon in sync has the block where `place` says it is not. No answer is no denial."""
        places = await asyncio.gather(
            *(_seen_by(view, block_hash, height, coinbase_txid) for view in self._views)
        )
        opposite = Replaced if isinstance(place, InChain) else InChain
        return any(isinstance(seen, opposite) for seen in places)


@asynccontextmanager
async def connected_witnesses(
    daemons: Sequence[DaemonConfig], payment_daemon: DaemonConfig, decimals: int
) -> AsyncIterator[ChainWitnesses]:
    """Those of a pool's daemons that are not the one that pays."""
    others = [
        config
        for config in daemons
        if (config.host, config.port) != (payment_daemon.host, payment_daemon.port)
    ]
    async with AsyncExitStack() as stack:
        connected = [await stack.enter_async_context(Daemon(config)) for config in others]
        yield ChainWitnesses([ChainView(daemon, decimals) for daemon in connected])


async def _seen_by(view: ChainView, block_hash: str, height: int, coinbase_txid: str) -> Place | None:
    """None from a daemon that cannot be asked or is not in sync: it may not have heard of the other chain."""
    try:
        return await view.place_of(block_hash, height, coinbase_txid) if await view.is_in_sync() else None
    except DaemonError:
        return None
