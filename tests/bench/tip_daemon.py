"""A coin daemon of a busy mainnet whose tip changes on command: `python -m tests.bench.tip_daemon SIGNAL`.

It tells its ports as one JSON line on standard output. To each line on standard input, `{}` will do, it
waits until somebody listens to the signal, changes its tip, signals, and tells height, hash and time.
"""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvloop

from tests.bench.json_orders import orders, tell
from tests.bench.tip_chain import TipChain
from tests.bench.tip_peer import listening_peers
from tests.bench.tip_rpc import TipRpc, listening_rpc
from tests.bench.tip_signals import (
    LONG_POLL,
    P2P,
    SIGNALS,
    ZMQ,
    LongPolls,
    Signal,
    Silence,
    publishing_hash_blocks,
)

MAGIC = bytes.fromhex("f9beb4d9")  # Bitcoin's main network


@asynccontextmanager
async def open_signal(name: str, long_polls: LongPolls) -> AsyncIterator[Signal]:
    """The chosen signal, ready to be listened to."""
    if name == ZMQ:
        async with publishing_hash_blocks() as hash_blocks:
            yield hash_blocks
    elif name == P2P:
        async with listening_peers(MAGIC) as peers:
            yield peers
    else:
        yield long_polls if name == LONG_POLL else Silence()


async def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.tip_daemon", description=__doc__)
    parser.add_argument("signal", choices=SIGNALS, help="the one way in which it tells of a new tip")
    name = parser.parse_args().signal
    chain, long_polls = TipChain(has_long_polls=name == LONG_POLL), LongPolls()
    rpc = TipRpc(chain, long_polls)
    async with listening_rpc(rpc) as rpc_port, open_signal(name, long_polls) as signal:
        tell({"rpc_port": rpc_port, "signal_port": signal.port, "height": chain.tip.height})
        async for _ in orders():
            await signal.listened()
            changed_ns = chain.advance()
            await signal.announce(chain.tip)
            facts = {"height": chain.tip.height, "hash_display": chain.tip.hash_display}
            tell({**facts, "changed_ns": changed_ns, "templates": rpc.templates})
            chain.prepare()


if __name__ == "__main__":
    uvloop.run(main())
