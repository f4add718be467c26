"""New tips by long poll: from litecoind without any polling, and from daemons that answer strangely."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from nompcore.address import script_for
from nompcore.daemon import Daemon
from nompcore.ending import end_tasks
from services.jobmaker import daemon_watch, long_poll
from services.jobmaker.daemon_watch import WatchedDaemon
from services.jobmaker.long_poll import LongPoll
from services.jobmaker.offer import Offer
from tests.counted import counted
from tests.servers import SimCoind, wait_until
from tests.servers.relay_daemon import HttpAnswer, PassOn, RelayDaemon
from tests.service.jobmaker_rig import Rig
from tests.service.pool_stage import LITECOIN, pool_config, simulated_chain

UNPOLLED: dict[str, Any] = {
    "blockRefreshInterval": 0,
    "txRefreshInterval": 3_600_000,
    "jobRebroadcastTimeout": 0,
}
"""Nothing happens by time alone, but for a look at the daemon once a minute."""

ROUND_TRIPS = 50
"""As many calls, one after the other, leave a loop without a pause the time for as many of its own."""


@pytest.fixture
async def relay(rig: Rig) -> AsyncIterator[RelayDaemon]:
    """In front of the node."""
    async with RelayDaemon(rig.node.config()).serving() as relay:
        yield relay


async def test_litecoinds_new_tips_become_jobs_without_polling(rig: Rig, relay: RelayDaemon) -> None:
    await rig.jobmaker([relay.config], **UNPOLLED)
    first = await rig.miners.job()
    asked = len(relay.template_requests(longpollid=None, mode=None))
    for ahead in (1, 2, 3):
        await wait_until(lambda ahead=ahead: long_polls(relay) == ahead, what="it waits for a tip")
        await rig.mine()
        job = await rig.miners.job(lambda job, ahead=ahead: job.height == first.height + ahead)  # type: ignore[misc]
        assert job.clean_jobs

    assert len(relay.template_requests(longpollid=None, mode=None)) == asked


async def test_new_tips_become_jobs_after_the_daemon_was_restarted(rig: Rig) -> None:
    await rig.jobmaker([rig.node.config()], **UNPOLLED)
    first = await rig.miners.job()
    await rig.node.stop()
    await rig.wait_for_states("unreachable")

    await rig.node.start()
    await rig.wait_for_states("ok")
    for ahead in (1, 2):
        await rig.mine()
        await rig.miners.job(lambda job, ahead=ahead: job.height == first.height + ahead)  # type: ignore[misc]


def long_polls(relay: RelayDaemon) -> int:
    """How many began."""
    return sum("longpollid" in request for request in relay.template_requests())


class Poller:
    """The long poll of a simulated daemon behind a relay."""

    def __init__(self, sim: SimCoind, relay: RelayDaemon, watched: WatchedDaemon, pool: str) -> None:
        self.sim, self.relay, self.watched = sim, relay, watched
        self.leads = True
        self.brought: list[str] = []  # tips
        self.poll = LongPoll(watched, pool, lambda: self.leads, self._bring)
        self._pool = pool

    def _bring(self, daemon: WatchedDaemon, offer: Offer) -> None:
        assert daemon is self.watched
        self.brought.append(offer.head.prevhash_display)

    @asynccontextmanager
    async def polling(self) -> AsyncIterator[None]:
        """It asks for the length of the block."""
        task = asyncio.create_task(self.poll.run())
        try:
            yield
        finally:
            await end_tasks([task])

    async def wait_for(self, result: str, count: int = 1) -> None:
        """Returns when so many answers were of this kind."""
        labels = {"pool": self._pool, "daemon": self.watched.name, "result": result}
        await wait_until(
            lambda: counted("nomp_jobmaker_long_polls_total", **labels) >= count, what=f"{count} {result}"
        )

    async def let_time_pass(self) -> None:
        """Long enough for many long polls, if nothing held them up."""
        async with Daemon(self.relay.config) as client:
            for _ in range(ROUND_TRIPS):
                await client.call("getblockcount")

    def answer_at_once(self, answer: object = None) -> None:
        """Long polls are answered with this, or with a template of the present tip, without waiting."""

        async def getblocktemplate(params: list[Any]) -> object:
            if not params[0].get("longpollid"):
                raise PassOn
            if answer is not None:
                return answer
            return await self.relay.ask_behind("getblocktemplate", {"rules": params[0]["rules"]})

        self.relay.answers["getblocktemplate"] = getblocktemplate


@pytest.fixture
async def poller(tmp_path: Path) -> AsyncIterator[Poller]:
    """Of a daemon that gives work; nobody polls yet."""
    async with (
        simulated_chain(tmp_path / "sim") as sim,
        RelayDaemon(sim.config()).serving() as relay,
        Daemon(relay.config) as client,
    ):
        pool = pool_config(relay.config, await sim.call("getnewaddress"))
        script = script_for(pool.address, LITECOIN.networks["regtest"])
        watched = WatchedDaemon(client, pool, script, lambda: None)
        await watched.look()
        yield Poller(sim, relay, watched, pool.name)


async def test_each_new_tip_is_brought_with_its_template(poller: Poller) -> None:
    address = await poller.sim.call("getnewaddress")
    async with poller.polling():
        hashes = []
        for number in (1, 2, 3):
            await wait_until(lambda number=number: long_polls(poller.relay) == number, what="it asks")
            hashes += await poller.sim.generate(1, address)
            await poller.wait_for("new-tip", number)

    assert poller.brought == hashes
    assert poller.watched.tip_display == hashes[-1]


@pytest.mark.parametrize(
    ("answer", "result"), [(None, "nothing"), (HttpAnswer(503, b"busy"), "failed")], ids=["same-tip", "503"]
)
async def test_a_daemon_that_answers_at_once_is_not_asked_in_a_loop(
    poller: Poller, monkeypatch: pytest.MonkeyPatch, answer: object, result: str
) -> None:
    monkeypatch.setattr(long_poll, "PAUSE_SECONDS", 3600.0)
    poller.answer_at_once(answer)
    async with poller.polling():
        await poller.wait_for(result)
        poller.poll.wakeup.ring()
        await poller.let_time_pass()

        assert long_polls(poller.relay) == 1
        assert poller.brought == []


async def test_after_a_pause_it_is_asked_again(poller: Poller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_poll, "PAUSE_SECONDS", 0.01)
    poller.answer_at_once()
    async with poller.polling():
        await poller.wait_for("nothing", 3)
        poller.relay.answers.clear()
        hashes = await poller.sim.generate(1, await poller.sim.call("getnewaddress"))
        await poller.wait_for("new-tip")

    assert poller.brought == hashes


async def test_a_daemon_that_fails_a_long_poll_is_not_asked_until_its_watch_finds_it_well(
    poller: Poller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_poll, "PAUSE_SECONDS", 0.0)
    poller.answer_at_once(HttpAnswer(503, b"busy"))
    await poller.sim.set_fault("warmup", methods=["getbestblockhash"])
    await poller.watched.look()
    async with poller.polling():
        await poller.let_time_pass()
        assert long_polls(poller.relay) == 0

        await poller.sim.set_fault("none")
        poller.relay.answers.clear()
        await poller.watched.look()
        poller.poll.wakeup.ring()
        await wait_until(lambda: long_polls(poller.relay) == 1, what="it asks again")


async def test_a_long_poll_that_ends_without_an_answer_is_asked_anew_and_harms_nobody(
    poller: Poller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_poll, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(daemon_watch, "LONG_POLL_SECONDS", 0.1)
    async with poller.polling():
        await poller.wait_for("nothing", 2)

    assert poller.watched.state.state == "ok"
    assert poller.brought == []


async def test_a_replica_that_does_not_lead_asks_for_nothing(poller: Poller) -> None:
    poller.leads = False
    async with poller.polling():
        await poller.let_time_pass()
        assert long_polls(poller.relay) == 0

        poller.leads = True
        poller.poll.wakeup.ring()
        await wait_until(lambda: long_polls(poller.relay) == 1, what="it asks")


async def test_a_daemon_without_long_polls_is_asked_for_none(poller: Poller) -> None:
    async def without_longpollid(params: list[Any]) -> object:
        template = await poller.relay.ask_behind("getblocktemplate", *params)
        return {name: value for name, value in template.items() if name != "longpollid"}

    poller.relay.answers["getblocktemplate"] = without_longpollid
    await poller.watched.offer()
    async with poller.polling():
        await poller.let_time_pass()

        assert long_polls(poller.relay) == 0
