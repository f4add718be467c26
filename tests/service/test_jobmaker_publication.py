"""What is stored for the jobs of a pool, and when: real NATS, templates of real nodes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from pydantic import SecretStr

from nompcore.bus import Bus
from nompcore.config import DaemonConfig
from nompcore.job import prepare_job, unpack_transactions
from nompcore.messages import Job
from nompcore.share import Accepted, BlockFound, Submission, validate_share
from nompcore.subjects import TEMPLATES
from nompcore.template import Template
from services.jobmaker.capabilities import SUBMITBLOCK, Capabilities
from services.jobmaker.publication import Publication
from services.jobmaker.template_store import TemplateStore
from tests.servers import NatsServer
from tests.service.pool_stage import pool_config
from tests.unit.chain_samples import coin, regtest_blocks

Connect = Callable[..., Awaitable[Bus]]
FULL = next(block.template for block in regtest_blocks() if block.template.transactions)
BARE = replace(FULL, transactions=(), witness_commitment=None, mweb=None)
CAPABLE = Capabilities((), SUBMITBLOCK, proof_of_stake=False, reward_script=b"\x51", protocol_version=70015)


class Desk:
    """A publication whose stored templates can be looked at as another replica would."""

    def __init__(self, bus: Bus, other: Bus) -> None:
        pool = pool_config(DaemonConfig(port=1, user="me", password=SecretStr("x")), "unused")
        self.pool = pool.name
        self._publication = Publication(
            bus, "jobmaker-1", pool, TemplateStore(bus.objects(TEMPLATES)), lambda: True, lambda: None
        )
        self._others = other.objects(TEMPLATES)

    async def publish(self, template: Template) -> Job:
        draft = self._publication.draft(template, CAPABLE, clean_jobs=True)
        await self._publication.publish(draft, "new-tip")
        return draft.job

    async def repeat(self) -> None:
        await self._publication.repeat()

    async def stored(self, job: Job) -> tuple[bytes, ...] | None:
        """The transactions of a job's block, None where nobody has stored them."""
        packed = await self._others.get(f"{self.pool}.{job.template_id}")
        return None if packed is None else unpack_transactions(packed).transactions


@pytest.fixture
async def desk(connect_bus: Connect) -> Desk:
    return Desk(await connect_bus("jobmaker"), await connect_bus("jobmaker"))


async def test_no_header_of_a_job_is_one_of_the_next_on_an_equal_template(desk: Desk) -> None:
    jobs = [await desk.publish(FULL) for _ in range(3)]

    mined = Submission(bytes(4), "00000000", f"{jobs[0].ntime + 1:08x}", "00000000")
    verdicts = [
        validate_share(
            prepare_job(job, coin("litecoin.json")), mined, target=2**256 - 1, now_seconds=job.ntime, seen=()
        )
        for job in jobs
    ]
    reached = [one.share_difficulty for one in verdicts if isinstance(one, Accepted | BlockFound)]
    assert len(set(reached)) == 3


async def test_empty_blocks_are_stored_once_and_full_ones_each(desk: Desk) -> None:
    other = replace(FULL, transactions=FULL.transactions[:1])
    jobs = [await desk.publish(template) for template in (BARE, FULL, BARE, other, BARE)]

    first, full, second, full_again, third = jobs
    assert first.template_id == second.template_id == third.template_id
    assert len({job.template_id for job in (first, full, full_again)}) == 3
    assert [await desk.stored(job) for job in jobs] == [
        tuple(transaction.data for transaction in template.transactions)
        for template in (BARE, FULL, BARE, other, BARE)
    ]


async def test_after_nats_has_lost_everything_nothing_counts_as_stored(
    desk: Desk, nats_server: NatsServer
) -> None:
    await desk.publish(BARE)
    full = await desk.publish(FULL)
    await forget_everything(nats_server)

    await desk.repeat()
    bare = await desk.publish(BARE)

    assert await desk.stored(full) == tuple(transaction.data for transaction in FULL.transactions)
    assert await desk.stored(bare) == ()


async def forget_everything(nats_server: NatsServer) -> None:
    async with nats_server.operator() as client:
        await client.jetstream().purge_stream(f"OBJ_{TEMPLATES.name}")
