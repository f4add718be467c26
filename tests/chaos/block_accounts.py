"""Every block that was found, and what jobmaker and the chain say about it in the end.

Nothing may be lost: a found block is in the chain of all daemons, or stale, which is proven by another block
at its height there; and jobmaker has said so, once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from nompcore.coin import Coin
from nompcore.errors import DaemonRefused
from nompcore.messages import BlockFound, BlockSubmitted, Job, Message
from nompcore.subject_kinds import Subject
from nompcore.subjects import BLOCK_FOUND, BLOCK_SUBMITTED, BLOCKS, JOBMAKER
from nompcore.wire import decode
from nompcore.work_queue import ACK_WAIT_SECONDS, REDELIVERY_CAP_SECONDS
from services.jobmaker.__main__ import BLOCK_QUEUE
from tests.servers import Litecoind, wait_until
from tests.servers.block_finder import find_block
from tests.servers.jobmaker_process import POOL
from tests.service.jobmaker_rig import Rig

T = TypeVar("T", bound=Message)

FETCH_SECONDS = 10.0
DRAINED_SECONDS = ACK_WAIT_SECONDS + REDELIVERY_CAP_SECONDS + 30.0
"""Blocks that a killed jobmaker had in hand, or that nobody could judge, come again before that."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one found block."""

    status: str  # as jobmaker published it
    in_chain: bool  # at every daemon; otherwise they have another block at its height


class Finder:
    """A miner whose blocks all differ."""

    def __init__(self, coin: Coin) -> None:
        self._coin = coin
        self._numbers = count(1)

    def find(self, job: Job) -> BlockFound:
        """A block of the job, really ground."""
        return find_block(job, self._coin, extranonce1=next(self._numbers).to_bytes(4, "big"))


async def outcomes(rig: Rig, *, replaced: Collection[BlockFound] = ()) -> dict[str, Outcome]:
    """Block hash → outcome of every block ever published. Fails when one is lost, or told wrongly.

    `replaced`: blocks that were accepted before a reorganisation took them out of the chain again.
    """
    async with rig.nats.operator() as client:
        await _wait_until_all_are_settled(client)
        found = await _stored(client, BLOCK_FOUND)
        fates = await _stored(client, BLOCK_SUBMITTED)
    await wait_until(lambda: _agree(rig), what="one chain at both daemons")
    told = Counter(fate.block_hash_display for fate in fates)
    assert told == Counter({block.block_hash_display for block in found}), "one fate each"
    seen = {fate.block_hash_display: Outcome(fate.status, await _in_chain(rig, fate)) for fate in fates}
    _check_status(seen, {block.block_hash_display for block in replaced})
    return seen


def _check_status(seen: dict[str, Outcome], replaced: set[str]) -> None:
    for block_hash, outcome in seen.items():
        possible = {"accepted", "competing"} if outcome.in_chain else {"competing", "rejected"}
        if block_hash in replaced:
            possible = {"accepted"}
            assert not outcome.in_chain
        assert outcome.status in possible, f"{block_hash}: {outcome}"


async def _in_chain(rig: Rig, fate: BlockSubmitted) -> bool:
    """Whether every daemon has it at its height; a daemon without any block there fails the test."""
    names = {await block_hash_at(node, fate.height) for node in (rig.node, rig.peer)}
    assert len(names) == 1
    return names == {fate.block_hash_display}


async def block_hash_at(node: Litecoind, height: int) -> str:
    """The block of the node's active chain. Raises DaemonRefused above its tip."""
    async with node.daemon() as daemon:
        return str(await daemon.call("getblockhash", height))


async def knows(node: Litecoind, block_hash: str) -> bool:
    """Whether the node has the block, in its active chain or beside it."""
    async with node.daemon() as daemon:
        try:
            await daemon.call("getblockheader", block_hash)
        except DaemonRefused:
            return False
        return True


async def tip_of(node: Litecoind) -> str:
    """Hash of the best block."""
    async with node.daemon() as daemon:
        return str(await daemon.call("getbestblockhash"))


async def _agree(rig: Rig) -> bool:
    return await tip_of(rig.node) == await tip_of(rig.peer)


async def _wait_until_all_are_settled(client: Client) -> None:
    """Nothing waits in the queue of found blocks or is in somebody's hand: repetitions have come and gone."""

    async def drained() -> bool:
        info = await client.jetstream().consumer_info(BLOCKS.name, f"{JOBMAKER}-{BLOCK_QUEUE}")
        return not info.num_pending and not info.num_ack_pending

    await wait_until(drained, seconds=DRAINED_SECONDS, what="all found blocks settled")


async def _stored(client: Client, subject: Subject[T]) -> list[T]:
    """Every message of a subject about blocks that is stored."""
    config = ConsumerConfig(ack_policy=AckPolicy.NONE, deliver_policy=DeliverPolicy.ALL)
    reader = await client.jetstream().pull_subscribe(subject.of(POOL), stream=BLOCKS.name, config=config)
    stored: list[T] = []
    left = (await reader.consumer_info()).num_pending or 0
    while len(stored) < left:
        batch = await reader.fetch(left - len(stored), timeout=FETCH_SECONDS)
        stored += [decode(subject.message, message.data) for message in batch]
    return stored
