"""Profit switching on real NATS, with prices over HTTP, out of a file and from a command."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from nompcore.bus import Bus
from nompcore.config.profit import ProfitSwitchSection
from nompcore.subjects import JOBMAKER, NOTIFIER, STATS, SWITCH, network_key, profit_key, switch_key
from nompcore.switching import ProfitReport, SwitchOrder, SwitchState
from services.notifier.profit.price_sources import price_sources
from services.notifier.profit.profit_desk import AUTHOR, ProfitDesk
from services.notifier.switch_desk import SwitchDesk
from services.notifier.switch_states import SwitchStates
from tests.counted import counted
from tests.servers import NatsServer, wait_until
from tests.service.edge_process import EdgeProcess
from tests.unit.api_samples import NOW_MS
from tests.unit.config_dir import MAIN_ADDRESS, POOL_FILE, PORTAL_FILE, ConfigDir
from tests.unit.profit_samples import network
from tests.unit.switch_samples import switch_table

TABLE = switch_table()
HOUR_MS = 3_600_000


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.ms = NOW_MS

    def __call__(self) -> int:
        return self.ms


class Exchange:
    """NATS with the networks of two coins, a file of prices, and replicas that decide."""

    def __init__(self, directory: Path, bus: Bus, jobmaker: Bus, client: httpx.AsyncClient) -> None:
        self.bus = bus
        self.clock = Clock()
        self._client = client
        self._jobmaker = jobmaker
        self._file = directory / "prices.json"

    async def mined(self) -> None:
        """What jobmaker tells of both coins now: a block of either takes as much work and pays 10 coins."""
        for pool in ("litecoin", "doge-main"):
            told = network(pool, 1000.0, 1_000_000_000, time_ms=self.clock.ms)
            await self._jobmaker.bucket(STATS).store(network_key(pool), told)

    def price(self, **prices: float) -> None:
        """What the file says from now on."""
        self._file.write_text(json.dumps(prices))
        os.utime(self._file, ns=(self.clock.ms * 1_000_000,) * 2)

    def replica(self, **keys: Any) -> ProfitDesk:
        """One more replica of the notifier."""
        sources = [{"name": "desk", "file": str(self._file)}]
        told = {"enabled": True, "updateInterval": 600, "priceSources": sources, **keys}
        section = ProfitSwitchSection.model_validate(told, by_name=False)
        found = price_sources(section.price_sources, self._client, self.clock)
        return ProfitDesk(self.bus, TABLE, section, found, self.clock)

    async def report(self, switch: str = "eu") -> ProfitReport:
        """The newest."""
        report = await self.bus.bucket(SWITCH).load(profit_key(switch), ProfitReport)
        assert report is not None
        return report

    async def state(self, switch: str = "eu") -> SwitchState | None:
        """As stratum reads it."""
        return await self.bus.bucket(SWITCH).load(switch_key(switch), SwitchState)

    async def later(self, milliseconds: int) -> None:
        """Time passes, and jobmaker goes on telling."""
        self.clock.ms += milliseconds
        await self.mined()


@pytest.fixture
async def exchange(tmp_path: Path, connect_bus: Callable[..., Any]) -> AsyncIterator[Exchange]:
    async with httpx.AsyncClient() as client:
        made = Exchange(tmp_path, await connect_bus(NOTIFIER), await connect_bus(JOBMAKER), client)
        await made.mined()
        yield made


async def test_the_pool_that_earns_most_is_switched_to_and_all_is_reported(
    exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "services.notifier")
    exchange.price(ltc=1.0, dogecoin=0.8)

    pause_seconds = await exchange.replica(feePercents={"litecoin": 10}).round()

    state, report = await exchange.state(), await exchange.report()
    assert pause_seconds == 600
    assert state is not None
    assert (state.pool, state.author, state.automatic, state.since_ms) == ("litecoin", AUTHOR, True, NOW_MS)
    assert (report.current, report.choice, report.decision) == ("doge-main", "litecoin", "switch")
    assert report.why == state.reason == "litecoin earns 12.50 % more than doge-main"
    doge, litecoin = report.pools
    assert (litecoin.price, litecoin.price_source, litecoin.fee_percent) == (1.0, "desk", 10)
    assert litecoin.revenue_per_hash == pytest.approx(10 * 0.9 / (1000 * 2**32))
    assert doge.revenue_per_hash == pytest.approx(10 * 0.8 / (1000 * 2**32))
    assert (await exchange.report("us")).decision == "stay"
    assert await exchange.state("us") is None
    whys = [record.__dict__["why"] for record in caplog.records if "profit switching" in record.message]
    assert whys == [report.why, (await exchange.report("us")).why]


async def test_of_several_replicas_one_decides_an_interval(exchange: Exchange) -> None:
    exchange.price(ltc=1.0, doge=2.0)
    replicas = [exchange.replica() for _ in range(4)]
    before = counted("nomp_notifier_profit_decisions_total", switch="us", kind="switch")

    await asyncio.gather(*(replica.round() for replica in replicas))
    first = await exchange.report("us")
    await exchange.later(599_000)
    pauses = [await replica.round() for replica in replicas]
    second = await exchange.report("us")
    await exchange.later(1_000)
    await asyncio.gather(*(replica.round() for replica in replicas))

    assert counted("nomp_notifier_profit_decisions_total", switch="us", kind="switch") == before + 1
    assert pauses == [1.0] * 4
    assert first == second
    assert (await exchange.report("us")).decided_ms == NOW_MS + 600_000


async def test_an_operators_order_stands_for_its_time(exchange: Exchange) -> None:
    exchange.price(ltc=1.0, doge=2.0)
    people = SwitchDesk(TABLE, SwitchStates(exchange.bus), exchange.clock)
    profit = exchange.replica(manualHoldSeconds=7200, maxPriceAgeSeconds=86_400)
    await people.take(SwitchOrder(switch="eu", coin="ltc", author="ann"))

    await profit.round()
    held = await exchange.report()
    await exchange.later(2 * HOUR_MS)
    await profit.round()
    state = await exchange.state()

    assert (held.decision, held.choice) == ("none", "litecoin")
    assert held.why == "the choice of ann stands for 7200 more seconds"
    assert state is not None
    assert (state.pool, state.author) == ("doge-main", AUTHOR)


async def test_stale_prices_decide_nothing(exchange: Exchange) -> None:
    exchange.price(ltc=2.0, doge=1.0)
    await exchange.later(HOUR_MS)

    await exchange.replica(maxPriceAgeSeconds=1800).round()

    report = await exchange.report()
    assert (report.decision, report.choice) == ("none", "doge-main")
    assert report.pools[0].unfit == "its price is 3600 seconds old"
    assert await exchange.state() is None


async def test_a_source_that_fails_is_counted_and_what_it_told_grows_old(exchange: Exchange) -> None:
    exchange.price(ltc=2.0, doge=1.0)
    replica = exchange.replica(maxPriceAgeSeconds=86_400, minimumStaySeconds=0)
    await replica.round()
    before = counted("nomp_notifier_price_failures_total", source="desk")
    exchange._file.write_text("rubbish")
    await exchange.later(HOUR_MS)

    await replica.round()

    report = await exchange.report()
    assert counted("nomp_notifier_price_failures_total", source="desk") == before + 1
    assert (report.decision, report.pools[0].price_age_seconds) == ("stay", 3600.0)


async def test_the_process_decides_by_itself(nats_server: NatsServer, tmp_path: Path) -> None:
    prices = tmp_path / "prices.json"
    prices.write_text('{"ltc": 1.0, "doge": 4.0}')
    config = ConfigDir()
    doge = {**config.files[POOL_FILE], "coin": "dogecoin.json", "network": "main"}
    doge |= {"address": "DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L", "ports": {"3400": {"diff": 1}}}
    del doge["shareProcessing"]
    config.files["pool_configs/doge.json"] = doge
    config.put(POOL_FILE, "network", value="main")
    config.put(POOL_FILE, "address", value=MAIN_ADDRESS)
    config.put(POOL_FILE, "shareProcessing", "internal", "feeReceiveAddress", value=MAIN_ADDRESS)
    config.put(PORTAL_FILE, "proxy", value={"scrypt": {"enabled": True, "port": 4444, "diff": 8}})
    config.put(PORTAL_FILE, "blockNotifyListener", "enabled", value=False)
    profit = {"enabled": True, "updateInterval": 3600, "priceSources": [{"file": str(prices)}]}
    config.put(PORTAL_FILE, "profitSwitch", value=profit)
    bus = await Bus.connect(nats_server.url, service=JOBMAKER, replica="test")
    await bus.ensure()
    reader = await Bus.connect(nats_server.url, service=NOTIFIER, replica="test")
    await reader.ensure()
    process = EdgeProcess("notifier", tmp_path / "notifier", config, nats_server.url, METRICS_PORT="0")
    await process.start()

    async def has_decided() -> bool:
        return await reader.bucket(SWITCH).load(profit_key("scrypt"), ProfitReport) is not None

    await wait_until(has_decided, what="a report")
    report = await reader.bucket(SWITCH).load(profit_key("scrypt"), ProfitReport)
    await process.stop()
    for each in (bus, reader):
        await each.drain()

    assert report is not None
    assert [profit.unfit for profit in report.pools] == ["its network is not known"] * 2
    assert (report.decision, report.choice) == ("none", "doge")
    assert '"message": "profit switching: none"' in process.output
