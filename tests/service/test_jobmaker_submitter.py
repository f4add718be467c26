"""Found blocks whose templates or daemons are not as they should be: the submitter in this process."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import pytest

from nompcore.address import script_for
from nompcore.bus import Bus
from nompcore.config import DaemonConfig, PoolConfig
from nompcore.daemon import Daemon
from nompcore.errors import ComeAgain
from nompcore.job import block_body, build_job, pack_transactions
from nompcore.messages import BlockFound, BlockSubmitted, Job
from nompcore.subjects import BLOCK_SUBMITTED, TEMPLATES
from nompcore.template import Template, parse_template
from services.jobmaker.block_archive import BlockArchive
from services.jobmaker.block_fate import COMPETING_SECONDS, PATIENCE_SECONDS
from services.jobmaker.daemon_watch import WatchedDaemon
from services.jobmaker.daemons import PoolDaemons
from services.jobmaker.metrics import BLOCKS_LOST, BLOCKS_UNARCHIVED, HASH_DOUBTS
from services.jobmaker.submitter import PoolUnknown, Submitter, SubmittingPool
from services.jobmaker.template_store import TemplateStore
from tests.servers import SimCoind
from tests.servers.block_finder import find_block
from tests.servers.scripted_daemon import Refusal, scripted_daemon
from tests.unit.chain_samples import coin

POOL, TEMPLATE_ID = "ltc", "t1"
LITECOIN = coin("litecoin.json")
REGTEST = LITECOIN.networks["regtest"]


class Desk:
    """A submitter and what it needs; the chain is simulated by one simcoind."""

    def __init__(self, bus: Bus, sim: SimCoind, address: str, directory: Path) -> None:
        self.bus, self.sim, self.address = bus, sim, address
        self.templates = TemplateStore(bus.objects(TEMPLATES))
        self.archive = BlockArchive(directory)
        self.looks = 0
        self.stack = AsyncExitStack()

    async def found(self) -> BlockFound:
        """A block found on a fresh template, whose transactions are stored."""
        template = await self.template()
        await self.templates.put(POOL, TEMPLATE_ID, pack_transactions(block_body(template)))
        return find_block(self.job(template), LITECOIN)

    async def template(self) -> Template:
        """What the daemon wants mined."""
        return parse_template(await self.sim.call("getblocktemplate", {"rules": list(LITECOIN.gbt_rules)}))

    def job(self, template: Template) -> Job:
        """The job of a template."""
        return build_job(
            template,
            pool=POOL,
            coin=LITECOIN,
            job_id="j1",
            template_id=TEMPLATE_ID,
            pool_script=script_for(self.address, REGTEST),
            pool_tag="/nomp/",
            recipients=(),
            clean_jobs=True,
            created_ms=0,
        )

    async def submitter(self, daemons: Sequence[DaemonConfig] | None = None) -> Submitter:
        """A submitter that knows these daemons; the simulated one unless said."""
        configs = [self.sim.config()] if daemons is None else daemons
        pool = PoolConfig(
            name=POOL,
            coin=LITECOIN,
            network="regtest",
            address=self.address,
            ports={},
            daemons=tuple(configs),
        )
        clients = [await self.stack.enter_async_context(Daemon(config)) for config in configs]
        script = script_for(self.address, REGTEST)
        watched = [WatchedDaemon(client, pool, script, self.look_now) for client in clients]
        submitting = SubmittingPool(LITECOIN, PoolDaemons(watched, 1), self.look_now)
        return Submitter(
            self.bus, self.templates, {POOL: submitting}, self.archive, template_patience_seconds=0
        )

    def look_now(self) -> None:
        """Counts the calls for new work."""
        self.looks += 1

    async def fate(self) -> BlockSubmitted | None:
        """The last block's published fate."""
        return await self.bus.last(BLOCK_SUBMITTED, POOL)


@pytest.fixture
async def desk(tmp_path: Path, nats_url: str) -> AsyncIterator[Desk]:
    """With a chain of one block."""
    sim = SimCoind(tmp_path / "sim")
    await sim.start()
    bus = await Bus.connect(nats_url, service="jobmaker", replica="desk")
    await bus.ensure()
    address = await sim.create_wallet("pool")
    await sim.generate(1, address)
    desk = Desk(bus, sim, address, tmp_path / "blocks")
    async with desk.stack:
        yield desk
    await bus.drain()
    await sim.stop()


async def test_a_block_is_accepted_and_new_work_is_fetched_at_once(desk: Desk) -> None:
    submitter = await desk.submitter()

    await submitter.handle(await desk.found())

    fate = await desk.fate()
    assert fate is not None
    assert (fate.status, fate.reason, list(fate.replies.values())) == ("accepted", "", ["accepted"])
    assert desk.looks > 0
    assert await desk.sim.call("getblockcount") == 2


async def test_after_a_refused_block_new_work_is_fetched_too(desk: Desk) -> None:
    found, other = (
        await desk.found(),
        find_block(desk.job(await desk.template()), LITECOIN, extranonce1=b"abcd"),
    )

    await (await desk.submitter()).handle(msgspec.structs.replace(found, coinbase_hex=other.coinbase_hex))

    fate = await desk.fate()
    assert fate is not None
    assert (fate.status, fate.reason) == ("rejected", "bad-txnmrklroot")
    assert desk.looks == 1


async def test_a_block_whose_template_is_nowhere_is_published_as_lost(desk: Desk) -> None:
    lost = BLOCKS_LOST.labels(POOL)._value.get()
    found = msgspec.structs.replace(await desk.found(), template_id="nobody-stored-this")

    await (await desk.submitter()).handle(found)

    fate = await desk.fate()
    assert fate is not None
    assert (fate.status, fate.reason) == ("rejected", "template-lost")
    assert BLOCKS_LOST.labels(POOL)._value.get() == lost + 1


async def test_a_block_that_is_no_block_is_published_as_lost(desk: Desk) -> None:
    found = msgspec.structs.replace(await desk.found(), coinbase_hex="zz")

    await (await desk.submitter()).handle(found)

    fate = await desk.fate()
    assert fate is not None
    assert fate.status == "rejected"
    assert fate.reason.startswith("malformed")


async def test_a_block_of_a_pool_that_is_not_here_stays_in_the_queue(desk: Desk) -> None:
    found = msgspec.structs.replace(await desk.found(), pool="elsewhere")

    with pytest.raises(PoolUnknown):
        await (await desk.submitter()).handle(found)


async def test_a_block_whose_parent_no_daemon_knows_stays_in_the_queue_while_it_is_young(
    desk: Desk, tmp_path: Path
) -> None:
    stranger = SimCoind(tmp_path / "stranger")
    await stranger.start()
    submitter = await desk.submitter([stranger.config()])
    found = await desk.found()

    with pytest.raises(ComeAgain, match="prev-blk-not-found"):
        await submitter.handle(found)
    assert await desk.fate() is None
    old_ms = int((time.time() - PATIENCE_SECONDS - 60) * 1000)
    await submitter.handle(msgspec.structs.replace(found, time_ms=old_ms))

    fate = await desk.fate()
    assert fate is not None
    assert (fate.status, fate.reason) == ("rejected", "prev-blk-not-found")
    await stranger.stop()


async def test_a_young_block_beside_the_best_chain_gives_way_and_an_older_one_competes(desk: Desk) -> None:
    found = await desk.found()
    await desk.sim.call("generatetoaddress", 1, desk.address)
    submitter = await desk.submitter()

    with pytest.raises(ComeAgain):
        await submitter.handle(msgspec.structs.replace(found, time_ms=int(time.time() * 1000)))
    assert await desk.bus.last(BLOCK_SUBMITTED, POOL) is None

    long_ago_ms = int((time.time() - COMPETING_SECONDS) * 1000)
    await submitter.handle(msgspec.structs.replace(found, time_ms=long_ago_ms))
    fate = await desk.bus.last(BLOCK_SUBMITTED, POOL)
    assert fate is not None
    assert (fate.status, fate.reason) == ("competing", "duplicate")


async def test_a_block_whose_answer_got_lost_is_found_in_the_chain(desk: Desk) -> None:
    found = await desk.found()
    await desk.sim.set_fault("lostreply", methods=["submitblock"], count=1)

    await (await desk.submitter()).handle(found)

    fate = await desk.fate()
    assert fate is not None
    assert (fate.status, list(fate.replies.values())) == ("accepted", ["unreachable"])


async def test_a_block_is_in_the_archive_before_any_daemon_has_it(desk: Desk) -> None:
    found = await desk.found()
    await desk.sim.set_fault("drop", methods=["submitblock"])

    with pytest.raises(ComeAgain):
        await (await desk.submitter()).handle(found)
    block_hex = desk.archive.path_of(found).read_text().strip()

    await desk.sim.set_fault("none")
    assert await desk.sim.call("submitblock", block_hex) is None
    assert await desk.sim.call("getbestblockhash") == found.block_hash_display


async def test_a_block_that_cannot_be_archived_is_submitted_all_the_same(desk: Desk, tmp_path: Path) -> None:
    before = BLOCKS_UNARCHIVED.labels(POOL)._value.get()
    (tmp_path / "blocks").write_text("a file where the archive's directory should be")

    await (await desk.submitter()).handle(await desk.found())

    fate = await desk.fate()
    assert fate is not None
    assert fate.status == "accepted"
    assert BLOCKS_UNARCHIVED.labels(POOL)._value.get() == before + 1


async def test_a_block_accepted_under_another_hash_than_computed_raises_an_alarm(desk: Desk) -> None:
    doubts = HASH_DOUBTS.labels(POOL)._value.get()
    found = msgspec.structs.replace(await desk.found(), block_hash_display="ab" * 32)

    await (await desk.submitter()).handle(found)

    fate = await desk.fate()
    assert fate is not None
    assert fate.status == "accepted"
    assert HASH_DOUBTS.labels(POOL)._value.get() == doubts + 1


async def test_a_daemon_without_submitblock_gets_the_block_by_getblocktemplate(desk: Desk) -> None:
    submitted: list[object] = []

    def getblocktemplate(params: list[object]) -> object:
        submitted.extend(params)
        return None

    def getblock(_params: list[object]) -> object:
        if not submitted:
            raise Refusal(-5, "Block not found")
        return {"confirmations": 1}

    found = await desk.found()
    async with scripted_daemon({"getblocktemplate": getblocktemplate, "getblock": getblock}) as config:
        await (await desk.submitter([config])).handle(found)

    fate = await desk.fate()
    assert fate is not None
    assert fate.status == "accepted"
    assert isinstance(submitted[0], dict)
    assert submitted[0]["mode"] == "submit"
    assert submitted[0]["data"].startswith(found.header_hex)


async def test_another_replica_finds_a_template_in_the_object_store(desk: Desk, nats_url: str) -> None:
    await desk.templates.put(POOL, "t2", b"transactions")
    other = await Bus.connect(nats_url, service="jobmaker", replica="other")

    assert await TemplateStore(other.objects(TEMPLATES)).get(POOL, "t2") == b"transactions"
    assert await TemplateStore(other.objects(TEMPLATES)).get(POOL, "t3") is None
    await other.drain()


async def test_memory_holds_the_newest_templates_and_the_store_all(desk: Desk) -> None:
    templates = TemplateStore(desk.bus.objects(TEMPLATES), memory_bytes=10)
    for name in ("t1", "t2", "t3"):
        await templates.put(POOL, name, name.encode() * 2)

    assert templates.remembered == ("ltc.t2", "ltc.t3")
    assert await templates.get(POOL, "t1") == b"t1t1"
