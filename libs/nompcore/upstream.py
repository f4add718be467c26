"""Messages of a pool whose jobs come from a bigger pool: shares for it, and how it gets on with it.

They are messages under the rules of `messages.py`.
"""

from __future__ import annotations

from nompcore.messages import Message


class UpstreamShare(Message, frozen=True, kw_only=True):
    """A share that meets the upstream pool's difficulty, as the miner sent it, for jobmaker to hand on.

    It is an ordinary share in the share log as well: there it pays the miner, here it pays the pool.
    """

    pool: str
    replica: str
    worker: str
    job_id: str
    extranonce1_hex: str
    extranonce2_hex: str
    ntime_hex: str
    nonce_hex: str
    block_hash_display: str
    share_difficulty: float  # reached
    time_ms: int
    version_bits_hex: str = ""  # where the miner rolls the version
    is_block: bool = False  # it meets the network's target: the upstream pool has found a block


class UpstreamSnapshot(Message, frozen=True, kw_only=True):
    """How a pool gets on with its upstream pools; KV key `upstream.<pool>`."""

    pool: str
    source: str  # host:port of the upstream pool that work comes from, "daemon", or "" for none
    connected_since_ms: int = 0  # 0 while no upstream pool gives work
    difficulty: float = 0.0  # of the shares it wants, in the pool's unit
    accepted: int = 0  # shares since this jobmaker started to lead, as are the next four
    accepted_difficulty: float = 0.0  # their sum, each as the upstream pool counts it
    rejected: int = 0
    stale: int = 0  # refused by the upstream pool as late, or for jobs that were gone before they got there
    unanswered: int = 0
    blocks: int = 0  # shares that were a block of the upstream pool
    trouble: str = ""  # why work does not come from the first pool
    time_ms: int = 0
