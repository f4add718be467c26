"""Orders to reload the configuration, at processes of a service of a few lines."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from nompcore.bus import Bus
from nompcore.control import ReloadAnswer, ReloadOrder
from nompcore.subjects import API, RELOAD, RELOAD_ANSWERS, RELOAD_KEY, reload_answer_key
from tests.servers import wait_until
from tests.service.test_service_lifecycle import LifecycleService

REPLICAS = ("a1", "a2")
OTHER_HOST = {"website": {"stratumHost": "b.example"}}


class World:
    """Two replicas of one service, each with its own files, and a bus to give orders."""

    def __init__(self, replicas: dict[str, LifecycleService], bus: Bus) -> None:
        self.replicas = replicas
        self.bus = bus
        self._orders = 0

    def write(self, portal: dict[str, Any], *names: str) -> None:
        """`config.json` of some replicas, or of all."""
        for name in names or REPLICAS:
            self.replicas[name].write_portal(portal)

    async def order(self) -> None:
        """One more reload."""
        self._orders += 1
        order = ReloadOrder(order_id=f"order {self._orders}", author="ann", time_ms=1)
        await self.bus.bucket(RELOAD).store(RELOAD_KEY, order)

    async def answer(self, name: str, *states: str) -> ReloadAnswer:
        """A replica's answer to the last order, once it is in one of these states."""
        found: list[ReloadAnswer] = []

        async def is_there() -> bool:
            stored = await self.bus.bucket(RELOAD_ANSWERS).load(reload_answer_key(API, name), ReloadAnswer)
            if stored and stored.order_id == f"order {self._orders}" and stored.state in states:
                found.append(stored)
            return bool(found)

        await wait_until(is_there, what=f"{name}: {states}")
        return found[0]

    def times(self, name: str, message: str) -> list[str]:
        """When a replica logged it."""
        return [line["time"] for line in self.replicas[name].logged(message)]


@pytest.fixture
async def world(tmp_path: Path, nats_url: str) -> AsyncIterator[World]:
    replicas = {}
    for name in REPLICAS:
        (tmp_path / name).mkdir()
        replicas[name] = LifecycleService(tmp_path / name, nats_url)
        replicas[name].environment["NOMP_REPLICA"] = name
        replicas[name].start("serve")
    bus = await Bus.connect(nats_url, service=API, replica="test")
    try:
        for replica in replicas.values():
            await replica.serves()
        yield World(replicas, bus)
    finally:
        await bus.drain()
        for replica in replicas.values():
            await replica.process.kill()


async def test_replicas_restart_in_place_one_after_the_other(world: World) -> None:
    pids = [replica.process.pid for replica in world.replicas.values()]
    world.write(OTHER_HOST)
    await world.order()
    for name in REPLICAS:
        await world.answer(name, "current")
        await wait_until(lambda name=name: len(world.times(name, "serving")) == 2, what=f"{name} again")

    assert [replica.process.pid for replica in world.replicas.values()] == pids
    first, second = sorted(REPLICAS, key=lambda name: world.times(name, "beginning anew"))
    assert world.times(first, "serving")[1] <= world.times(second, "beginning anew")[0]
    for replica in world.replicas.values():
        assert replica.output.count("finished in order") == 1
        assert replica.logged("restarting for its configuration")[0]["changed"] == ["website.stratum_host"]


async def test_wrong_files_stop_nobody_and_right_ones_are_taken_later(world: World) -> None:
    world.write({"logLevel": "loud"}, "a1")
    await world.order()
    wrong, right = await world.answer("a1", "wrong"), await world.answer("a2", "current")
    assert "logLevel" in wrong.problems[0]
    assert right.changed == []

    world.write({"logLevel": "debug"}, "a1")
    await world.order()
    assert (await world.answer("a1", "applied")).changed == ["log_level"]
    await world.order()
    await world.answer("a1", "current")
    for replica in world.replicas.values():
        assert len(replica.logged("serving")) == 1
        await replica.process.stop()
        assert replica.process.exit_code == 0


async def test_more_processes_are_for_who_started_them(world: World) -> None:
    world.write({"clustering": {"enabled": True, "forks": 3}})
    await world.order()
    assert (await world.answer("a1", "current", "by hand")).state == "current"  # it concerns stratum only


async def test_what_is_no_order_is_passed_over(world: World) -> None:
    bucket = world.bus.bucket(RELOAD)
    await bucket.put(RELOAD_KEY, json.dumps({"order_id": 7}).encode())
    await world.order()
    await world.answer("a1", "current")
    assert world.replicas["a1"].logged("not an order to reload")
