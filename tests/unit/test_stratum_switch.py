"""A switch and the connections of its ports: where they count, who is moved, which choices are followed."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any, cast

from nompcore.switching import SwitchState
from nompcore.wire import encode
from services.stratum.ban_list import BanList
from services.stratum.capacity import Capacity
from services.stratum.connection import Connection
from services.stratum.door import Door
from services.stratum.offences import BanRules
from services.stratum.pool import Pool
from services.stratum.proxy_policy import Networks, ProxyPolicy
from services.stratum.switch import MINERS_PER_TURN, Switch
from services.stratum.switch_feed import follow
from services.stratum.visitors import Visitors
from services.stratum.warden import Warden
from tests.stratum_traveller import Traveller

NEVER = BanRules(
    enabled=False,
    seconds=1,
    invalid_percent=100,
    check_threshold=1,
    forget_seconds=1,
    junk_limit=0,
    failed_login_limit=0,
)


TURNS = 10
"""Of the loop: more than a switch of three turns of miners needs."""


class Socket(asyncio.Transport):
    """Keeps what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("203.0.113.7", 1) if name == "peername" else default

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing piles up here."""

    def abort(self) -> None:
        """Nobody is at the other end."""

    def close(self) -> None:
        """Nobody is at the other end."""

    @property
    def methods(self) -> list[str]:
        lines = [json.loads(line) for data in self.written for line in data.splitlines()]
        return [line["method"] for line in lines if "method" in line]


class Port:
    """A switching port of btc and bch; no pool of them has a job yet."""

    def __init__(self, max_connections: int = 0) -> None:
        self.world = Traveller()
        self.pools = {name: self._pool(name) for name in self.world.offers}
        self.switch = Switch("any", self.pools)
        self.door = self._door(
            self.pools["btc"], max_connections, switch=self.switch, offers=self.world.offers
        )
        self.own_door = self._door(self.pools["btc"], max_connections)

    def connect(self, door: Door | None = None) -> tuple[Connection, Socket]:
        connection, socket = Connection(door or self.door), Socket()
        connection.connection_made(socket)
        if not connection.is_closed:
            connection.data_received(b'{"id":1,"method":"mining.subscribe","params":[]}\n')
        return connection, socket

    def counted(self) -> dict[str, tuple[int, int]]:
        """Of each pool: its connections, and those of switching ports among them."""
        return {name: (len(pool.connections), pool.passing) for name, pool in self.pools.items()}

    def _pool(self, name: str) -> Pool:
        return cast(
            "Pool",
            SimpleNamespace(
                config=SimpleNamespace(name=name),
                counters=self.world.offers[name].counters,
                jobs=self.world.jobs[name],
                connections={},
                passing=0,
                visitors=Visitors(0, 0),
                shares=None,
                sessions=SimpleNamespace(park=lambda parked: None),
                logins=None,
                give_back_extranonce1=lambda extranonce1_hex: None,
            ),
        )

    def _door(self, pool: Pool, max_connections: int, **of_switch: Any) -> Door:
        bans = cast("BanList", SimpleNamespace(is_banned=lambda group: False))
        return Door(
            pool,
            3333,
            self.world.offers["btc"],
            ProxyPolicy(Networks(()), required=False),
            "off",
            None,
            Capacity(1000),
            Warden("btc", NEVER, Networks(()), bans, pool.counters),
            max_connections,
            **of_switch,
        )


async def moved(switch: Switch) -> None:
    """Let the switch move its miners."""
    running = asyncio.create_task(switch.run())
    for _ in range(TURNS):
        await asyncio.sleep(0)
    running.cancel()


async def test_connections_count_where_their_miners_mine() -> None:
    port = Port()
    port.world.job("btc", "a1")
    port.world.job("bch", "b1")
    first, socket = port.connect()
    port.connect()
    port.connect(port.own_door)
    assert port.counted() == {"btc": (3, 2), "bch": (0, 0)}

    port.switch.choose("bch")
    late, _ = port.connect()
    await moved(port.switch)

    assert port.counted() == {"btc": (1, 0), "bch": (3, 3)}
    assert socket.methods == ["mining.set_difficulty", "mining.notify"] * 2
    first.connection_lost(None)
    late.connection_lost(None)
    assert port.counted() == {"btc": (1, 0), "bch": (1, 1)}
    assert len(port.switch.connections) == 1


async def test_limits_of_a_pool_and_of_a_switch_are_apart() -> None:
    port = Port(max_connections=1)
    assert not port.connect()[0].is_closed
    assert port.connect()[0].is_closed
    assert not port.connect(port.own_door)[0].is_closed
    assert port.connect(port.own_door)[0].is_closed


async def test_more_than_a_turns_miners_are_all_moved_once() -> None:
    port = Port()
    port.world.job("btc", "a1")
    port.world.job("bch", "b1")
    sockets = [port.connect()[1] for _ in range(2 * MINERS_PER_TURN + 1)]

    port.switch.choose("bch")
    await moved(port.switch)

    assert {tuple(socket.methods) for socket in sockets} == {
        ("mining.set_difficulty", "mining.notify", "mining.set_difficulty", "mining.notify")
    }
    assert port.switch.counters.miners_moved == len(sockets)


async def test_a_pool_without_a_job_is_waited_for() -> None:
    port = Port()
    port.world.job("btc", "a1")
    _, socket = port.connect()

    port.switch.choose("bch")
    assert port.switch.current is port.pools["btc"]
    assert port.switch.counters.waits == 1
    port.world.job("bch", "b1")
    port.switch.job_arrived(port.pools["btc"])
    assert port.switch.current is port.pools["btc"]
    port.switch.job_arrived(port.pools["bch"])
    await moved(port.switch)

    assert port.switch.current is port.pools["bch"]
    assert len(socket.methods) == 4


def test_no_entry_is_the_default_and_what_cannot_be_followed_is_counted_once() -> None:
    port = Port()
    port.world.job("btc", "a1")
    port.world.job("bch", "b1")

    def mined(value: bytes | None) -> str:
        follow(port.switch, value)
        return port.switch.current.config.name

    def state(pool: str) -> bytes:
        return encode(
            SwitchState(switch="any", algorithm="sha256", pool=pool, since_ms=1, author="", reason="")
        )

    assert mined(None) == "btc"
    assert mined(state("bch")) == "bch"
    assert mined(b"no state") == "bch"
    assert port.switch.counters.unknown_pools == 1
    assert mined(state("gone")) == mined(state("gone")) == "btc"
    assert port.switch.counters.unknown_pools == 2
    assert mined(state("bch")) == "bch"
    assert mined(None) == "btc"
    assert port.switch.counters.moves == 4
