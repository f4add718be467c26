"""How a pool hears of new blocks: by more than asking again and again?"""

from __future__ import annotations

from deploy.operator.checks.ground import Ground
from deploy.operator.findings import Finding, hint
from nompcore.config import PoolConfig


async def check_block_news(ground: Ground) -> list[Finding]:
    """Of all pools. Whether a daemon has a blocknotify command, no call of it tells."""
    has_listener = ground.config is not None and ground.config.block_notify is not None
    return [finding for pool in ground.pools for finding in judge(pool, has_listener=has_listener)]


def judge(pool: PoolConfig, *, has_listener: bool) -> list[Finding]:
    """Of one pool."""
    if has_listener or pool.p2p is not None or not pool.daemons or any(d.zmq for d in pool.daemons):
        return []
    return [
        hint(
            "block-news", f"pool_configs/{pool.name}.json: daemons",
            "new blocks are heard of by long polling and polling only",
            why="with a daemon that holds no long poll, miners work on an old block for up to "
            "blockRefreshInterval",
            mend='set zmqpubhashblock at the daemon and the same URL as its "zmq", or enable '
            'blockNotifyListener '
            "and the daemon's blocknotify (docs/operator-guide.md, News of blocks)",
        )
    ]  # fmt: skip
