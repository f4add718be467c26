"""Orders to switch: over NATS as it is shipped, from scripts, and from two replicas at once."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from deploy.setup.nats_users import nats_users_conf
from nompcore.bus import Bus
from nompcore.config import ListenerConfig, PortalConfig
from nompcore.subjects import API, NOTIFIER, SERVICES, SWITCH, SWITCH_ORDER, switch_key
from nompcore.switching import SwitchOrder, SwitchState
from services.notifier.blocknotify import NOTIFIED, TipPublisher
from services.notifier.doors import doors_of
from services.notifier.switch_desk import OVERTAKEN, UNAVAILABLE, SwitchDesk
from services.notifier.switch_rules import SWITCHED
from services.notifier.switch_states import SwitchStates
from tests.counted import counted
from tests.servers import NatsServer, free_port, wait_until
from tests.unit.api_samples import NOW_MS
from tests.unit.chain_samples import ROOT
from tests.unit.switch_samples import switch_table

PASSWORD = "secret of the listener"
TABLE = switch_table()
SCRIPT = ROOT / "deploy" / "scripts" / "coinswitch"


@pytest.fixture
async def nats(tmp_path: Path) -> AsyncIterator[NatsServer]:
    """With the users that services have."""
    passwords = {service: f"{service}-password" for service in SERVICES}
    server = NatsServer(tmp_path / "nats", nats_users_conf(passwords, "operator-password"))
    await server.start()
    yield server
    await server.stop()


@asynccontextmanager
async def bus_of(nats: NatsServer, service: str, replica: str = "test") -> AsyncIterator[Bus]:
    """A service's connection."""
    bus = await Bus.connect(nats.url_for(service, f"{service}-password"), service=service, replica=replica)
    await bus.ensure()
    yield bus
    await bus.drain()


@asynccontextmanager
async def desk(nats: NatsServer, replica: str = "one") -> AsyncIterator[tuple[Bus, SwitchDesk]]:
    """A replica of the notifier that takes orders."""
    async with bus_of(nats, NOTIFIER, replica) as bus:
        taking = SwitchDesk(TABLE, SwitchStates(bus), lambda: NOW_MS)
        await bus.serve(SWITCH_ORDER, taking.take, pool="")
        yield bus, taking


async def test_an_order_is_written_where_stratum_looks(nats: NatsServer) -> None:
    order = SwitchOrder(switch="eu", coin="ltc", author="ann", reason="ticket 7")
    async with desk(nats), bus_of(nats, API) as api:
        before = await api.request(SWITCH_ORDER, SwitchOrder(), pool="")
        reply = await api.request(SWITCH_ORDER, order, pool="")
        stored = await api.bucket(SWITCH).load(switch_key("eu"), SwitchState)
        after = await api.request(SWITCH_ORDER, SwitchOrder(algorithm="scrypt"), pool="")

    wanted = SwitchState(
        switch="eu", algorithm="scrypt", pool="litecoin", since_ms=NOW_MS, author="ann", reason="ticket 7"
    )
    assert before.ok
    assert before.text == "big mines bitcoin, eu mines doge-main, us mines litecoin"
    assert [(state.switch, state.since_ms) for state in before.states] == [("big", 0), ("eu", 0), ("us", 0)]
    assert (reply.ok, reply.text, reply.states) == (True, SWITCHED, [wanted])
    assert stored == wanted
    assert [state.pool for state in after.states] == ["litecoin", "litecoin"]


async def test_an_order_without_sense_changes_nothing_and_is_counted(nats: NatsServer) -> None:
    before = counted("nomp_notifier_switch_orders_total", outcome="refused")
    async with desk(nats), bus_of(nats, API) as api:
        reply = await api.request(SWITCH_ORDER, SwitchOrder(coin="btc", switch="eu"), pool="")
        question = await api.request(SWITCH_ORDER, SwitchOrder(switch="asia"), pool="")
        stored = await api.bucket(SWITCH).get(switch_key("eu"))

    assert (reply.ok, reply.states, stored) == (False, [], None)
    assert reply.text == "Cannot switch a scrypt algo pool to coin Bitcoin with sha256 algo"
    assert (question.ok, question.text) == (False, "Switch key not recognized: asia")
    assert counted("nomp_notifier_switch_orders_total", outcome="refused") == before + 1


async def test_orders_at_two_replicas_at_once_come_one_after_the_other(nats: NatsServer) -> None:
    async with desk(nats) as (bus, one), desk(nats, "two") as (_, other):
        orders = [SwitchOrder(coin=("ltc", "doge")[n % 2], author=f"{n}") for n in range(6)]
        replies = await asyncio.gather(*((one, other)[n % 2].take(o) for n, o in enumerate(orders)))
        entries = [await bus.bucket(SWITCH).get(switch_key(name)) for name in ("eu", "us")]

    written = 2 * sum(reply.ok for reply in replies)
    assert {reply.text for reply in replies} <= {SWITCHED, OVERTAKEN}
    assert written > 0
    revisions = [entry.revision for entry in entries if entry is not None]
    assert max(revisions) >= written, "each order that was carried out is a change of its own"


async def test_an_order_while_nats_is_away_is_not_called_done(nats: NatsServer) -> None:
    async with desk(nats) as (bus, taking):
        await nats.stop()
        await wait_until(lambda: not bus.connected, what="the connection is lost")
        reply = await taking.take(SwitchOrder(coin="ltc"))
        await nats.start()
        await wait_until(lambda: bus.connected, what="the connection is back")

    assert (reply.ok, reply.text) == (False, UNAVAILABLE)


class Doors:
    """The doors for orders, as the configuration opens them."""

    def __init__(self, bus: Bus, order_port: int, cli_port: int) -> None:
        self.bus = bus
        self.order_port = order_port
        self.cli_port = cli_port

    async def say(self, port: int, **said: object) -> str:
        """A line, and what is answered."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(json.dumps(said).encode() + b"\n")
        async with asyncio.timeout(30):
            answer = await reader.read()
        writer.close()
        return answer.decode().strip()

    async def script(self, *arguments: str) -> tuple[int | None, str, str]:
        """`coinswitch` with this door's address before its arguments."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", str(SCRIPT), f"127.0.0.1:{self.order_port}", *arguments,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said, complained = await process.communicate()
        return process.returncode, said.decode().strip(), complained.decode().strip()

    async def pool(self, switch: str) -> str:
        """What a switch mines."""
        state = await self.bus.bucket(SWITCH).load(switch_key(switch), SwitchState)
        return state.pool if state else ""


@asynccontextmanager
async def doors(nats: NatsServer) -> AsyncIterator[Doors]:
    """`coinSwitchListener` and `cliPort`."""
    order = ListenerConfig(port=free_port(), password=SecretStr(PASSWORD))
    config = PortalConfig(pools=TABLE.pools, switches=TABLE.switches, coin_switch=order, cli_port=free_port())
    async with desk(nats) as (bus, taking):
        servers = [await door.listen(port) for port, door in doors_of(config, TipPublisher(bus), taking)]
        yield Doors(bus, order.port, config.cli_port or 0)
        for server in servers:
            server.close()
            await server.wait_closed()


async def test_the_script_for_operators_switches_and_says_why_not(nats: NatsServer, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    async with doors(nats) as open_doors:
        all_of_it = await open_doors.script(PASSWORD, "ltc")
        one = await open_doors.script(f"@{file}", "DOGE", "us")
        pools = [await open_doors.pool(switch) for switch in ("eu", "us")]
        unknown = await open_doors.script(PASSWORD, "nocoin", "us")
        guess = await open_doors.script("guess", "ltc")
        few = await open_doors.script(PASSWORD)

    assert all_of_it == one == (0, SWITCHED, "")
    assert pools == ["litecoin", "doge-main"]
    assert unknown[0] == 1
    assert unknown[2].endswith("Switch message to coin that is not recognized: nocoin")
    assert guess[0] == 1
    assert "wrong password?" in guess[2]
    assert few[0] == 2


async def test_nomps_two_dialects_are_spoken_each_at_its_door(nats: NatsServer) -> None:
    before = counted("nomp_notifier_coinswitch_refused_total", reason="no-password")
    async with doors(nats) as here:
        answers = [
            await here.say(here.order_port, password=PASSWORD, coin="litecoin"),
            await here.say(here.order_port, password=PASSWORD),
            await here.say(here.cli_port, command="coinswitch", params=["doge", "eu"]),
            await here.say(here.cli_port, command="coinswitch", params=["ltc"], options={"algorithm": "x11"}),
            await here.say(here.cli_port, command="blocknotify", params=["ltc", "ab" * 32]),
        ]
        junk = await here.say(here.order_port, password="guess", coin="doge")
        without = await here.say(here.order_port, command="coinswitch", params=["doge"])
        pools = [await here.pool(switch) for switch in ("eu", "us")]

    assert answers == [
        SWITCHED,
        "Coin name required",
        SWITCHED,
        "No switching options contain the algorithm x11",
        NOTIFIED,
    ]
    assert junk == ""
    assert without.startswith("error: this listener needs a password")
    assert counted("nomp_notifier_coinswitch_refused_total", reason="no-password") == before + 1
    assert pools == ["doge-main", "litecoin"]
