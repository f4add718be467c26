"""Which of three daemons leads, and how the others stand beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from nompcore.address import encode_segwit, script_for
from nompcore.ending import end_tasks
from services.jobmaker import standing
from services.jobmaker.daemon_watch import WatchedDaemon
from services.jobmaker.daemons import PoolDaemons
from tests.counted import counted
from tests.servers import SimCoind, wait_until
from tests.service.pool_stage import LITECOIN, pool_config

START_HEIGHT = 5
DAEMONS = 3
OK = ["ok"] * DAEMONS


class Network:
    """Three simulated daemons with one chain, which send each other blocks when a test says so."""

    def __init__(self, sims: Sequence[SimCoind], daemons: PoolDaemons, pool: str) -> None:
        self.sims, self.daemons, self.pool = sims, daemons, pool

    async def mine(self, number: int, blocks: int = 1) -> None:
        """Blocks that only one daemon has, and that no other would make."""
        await self.sims[number].generate(blocks, encode_segwit("rltc", 0, bytes([number]) * 20))

    async def send(self, source: int, target: int) -> None:
        """A daemon's chain, block by block, to another."""
        for height in range(1, 1 + await self.sims[source].call("getblockcount")):
            block_hash = await self.sims[source].call("getblockhash", height)
            block_hex = await self.sims[source].call("getblock", block_hash, 0)
            answer = await self.sims[target].call("submitblock", block_hex)
            assert answer in {None, "duplicate", "inconclusive"}

    async def look(self) -> list[str]:
        """The states after each daemon was looked at and placed."""
        for daemon in self.daemons.daemons:
            await daemon.look()
        await standing.place(self.daemons.daemons)
        return self.states

    @property
    def states(self) -> list[str]:
        """Of all daemons, in their order; the metric says the same."""
        states = [daemon.state.state for daemon in self.daemons.daemons]
        for daemon, state in zip(self.daemons.daemons, states, strict=True):
            labels = {"pool": self.pool, "daemon": daemon.name, "state": state}
            assert counted("nomp_jobmaker_daemon_state", **labels) == 1
        return states

    @property
    def leader(self) -> int | None:
        """The number of the daemon that leads."""
        leading = self.daemons.leading()
        return None if leading is None else self.daemons.daemons.index(leading)


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[Network]:
    """All daemons at one height."""
    sims = [SimCoind(tmp_path / f"sim{number}") for number in range(DAEMONS)]
    async with AsyncExitStack() as stack:
        for sim in sims:
            stack.push_async_callback(sim.stop)
            await sim.start()
        address = await sims[0].call("getnewaddress")
        clients = [await stack.enter_async_context(sim.daemon()) for sim in sims]
        pool = replace(pool_config(sims[0].config(), address), daemons=tuple(sim.config() for sim in sims))
        script = script_for(address, LITECOIN.networks["regtest"])
        watched = [WatchedDaemon(client, pool, script, lambda: None) for client in clients]
        network = Network(sims, PoolDaemons(watched, 0.05), pool.name)
        await network.mine(0, START_HEIGHT)
        await network.send(0, 1)
        await network.send(0, 2)
        yield network


async def test_of_equals_the_first_leads(network: Network) -> None:
    assert await network.look() == OK
    assert network.leader == 0

    await network.sims[0].set_fault("warmup")
    assert await network.look() == ["warming-up", "ok", "ok"]
    assert network.leader == 1

    await network.sims[0].set_fault("none")
    assert await network.look() == OK
    assert network.leader == 0


async def test_nobody_leads_where_nobody_can_give_work(network: Network) -> None:
    for sim in network.sims:
        await sim.set_fault("nopeers")

    assert await network.look() == ["no-peers"] * DAEMONS
    assert network.leader is None


async def test_one_block_makes_a_leader_and_nobodys_state(network: Network) -> None:
    await network.look()
    await network.mine(2)

    assert await network.look() == OK
    assert network.leader == 2


async def test_a_daemon_that_is_two_blocks_behind_loses_its_turn_until_it_has_caught_up(
    network: Network,
) -> None:
    await network.look()
    await network.mine(1, standing.BEHIND_BLOCKS)
    await network.send(1, 2)

    assert await network.look() == ["behind", "ok", "ok"]
    assert network.leader == 1
    behind, leader = network.daemons.daemons[0], network.daemons.daemons[1]
    assert behind.state.detail == f"2 blocks behind {leader.name}"
    assert behind.state.height == START_HEIGHT

    await network.send(1, 0)
    assert await network.look() == OK
    assert network.leader == 0
    assert behind.state.detail == ""


@pytest.mark.parametrize("depth", [1, 2])
async def test_competing_tips_are_no_fork(network: Network, depth: int) -> None:
    await network.look()
    for number in range(DAEMONS):
        await network.mine(number, depth)
    tips = {await sim.call("getbestblockhash") for sim in network.sims}
    assert len(tips) == DAEMONS

    assert await network.look() == OK
    assert network.leader == 0


async def test_a_daemon_on_another_chain_for_three_blocks_has_forked_until_it_returns(
    network: Network,
) -> None:
    await network.look()
    await network.mine(0, standing.FORK_DEPTH + 1)
    await network.send(0, 2)
    await network.mine(1, standing.FORK_DEPTH)

    assert await network.look() == ["ok", "forked", "ok"]
    assert network.leader == 0
    forked, leader = network.daemons.daemons[1], network.daemons.daemons[0]
    assert forked.state.detail == f"on another chain than {leader.name} for 3 blocks or more"
    assert forked in network.daemons.own_chain  # its chain may win, so it gets our blocks too

    await network.send(0, 1)
    assert await network.look() == OK


async def test_a_longer_fork_far_behind_has_forked_rather_than_stayed_behind(network: Network) -> None:
    await network.look()
    await network.mine(0, 10)
    await network.mine(1, standing.FORK_DEPTH)

    assert await network.look() == ["ok", "forked", "behind"]


async def test_the_watch_places_daemons_by_itself(network: Network) -> None:
    tasks = [asyncio.create_task(network.daemons.watch(each)) for each in network.daemons.daemons]
    await wait_until(
        lambda: [each.state.state for each in network.daemons.daemons] == OK, what="all are well"
    )

    await network.mine(1, standing.BEHIND_BLOCKS)
    await network.send(1, 2)
    await wait_until(lambda: network.states == ["behind", "ok", "ok"], what="the first is behind")
    assert network.leader == 1
    await network.send(1, 0)
    # a single block behind is ok already, and leads only with the last
    await wait_until(lambda: network.states == OK and network.leader == 0, what="it has caught up")

    await end_tasks(tasks)


async def test_a_daemon_that_cannot_be_compared_is_no_worse_for_it(network: Network) -> None:
    await network.look()
    await network.mine(0, standing.FORK_DEPTH)
    await network.mine(1, standing.FORK_DEPTH)
    await network.sims[1].set_fault("warmup", methods=["getblockhash"])

    assert await network.look() == ["ok", "ok", "behind"]
