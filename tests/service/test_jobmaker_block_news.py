"""New blocks without polling: what a node of the network, a publisher or notifier says becomes a job."""

from __future__ import annotations

from typing import Any

import zmq
import zmq.asyncio

from nompcore.messages import Tip
from nompcore.subjects import TIP
from tests.servers import free_port
from tests.servers.jobmaker_process import POOL, JobmakerProcess
from tests.servers.process import wait_until
from tests.service.jobmaker_rig import Rig

NO_POLLING: dict[str, Any] = {"blockRefreshInterval": 0}


async def announced(jobmaker: JobmakerProcess, block_hash: str, source: str) -> None:
    """Wait until jobmaker was told of the block by that source."""
    told = f'"block_hash": "{block_hash}", "source": "{source}"'
    await wait_until(lambda: told in jobmaker.output, what=f"{source} to tell of {block_hash}")


async def test_a_block_comes_by_the_coins_own_protocol(rig: Rig) -> None:
    p2p = {"enabled": True, "port": rig.node.p2p_port}
    jobmaker = await rig.jobmaker([rig.node.config()], p2p=p2p, **NO_POLLING)
    before = await rig.miners.job()
    await wait_until(lambda: "peer connected" in jobmaker.output, what="the handshake")

    (block_hash,) = await rig.node.generate(1, rig.address)

    await announced(jobmaker, block_hash, "p2p")
    await rig.miners.job(lambda job: job.height == before.height + 1 and job.clean_jobs)


async def test_a_block_comes_by_zmq(rig: Rig) -> None:
    port = free_port()
    with zmq.asyncio.Context() as context, context.socket(zmq.PUB) as publisher:
        publisher.bind(f"tcp://127.0.0.1:{port}")
        daemon = rig.node.config().model_copy(update={"zmq": f"tcp://127.0.0.1:{port}"})
        jobmaker = await rig.jobmaker([daemon], **NO_POLLING)
        before = await rig.miners.job()
        await wait_until(lambda: '"block news over ZMQ' in jobmaker.output, what="the subscription")

        (block_hash,) = await rig.node.generate(1, rig.address)
        await publisher.send_multipart([b"hashblock", bytes.fromhex(block_hash), bytes(4)])

        await announced(jobmaker, block_hash, "zmq")
        await rig.miners.job(lambda job: job.height == before.height + 1 and job.clean_jobs)


async def test_a_block_comes_by_notifier(rig: Rig) -> None:
    jobmaker = await rig.jobmaker([rig.node.config()], **NO_POLLING)
    before = await rig.miners.job()

    (block_hash,) = await rig.node.generate(1, rig.address)
    tip = Tip(pool=POOL, block_hash_display=block_hash, source="blocknotify")
    await rig.miners.bus.send(TIP, tip, pool=POOL)

    await announced(jobmaker, block_hash, "blocknotify")
    await rig.miners.job(lambda job: job.height == before.height + 1 and job.clean_jobs)


async def test_an_announced_block_that_the_daemon_gets_later_is_asked_for_again(rig: Rig) -> None:
    await rig.jobmaker([rig.node.config()], p2p={"enabled": True, "port": rig.peer.p2p_port}, **NO_POLLING)
    before = await rig.miners.job()

    await rig.peer.generate(1, rig.address)

    await rig.miners.job(lambda job: job.height == before.height + 1)
