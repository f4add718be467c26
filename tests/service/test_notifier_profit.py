"""Profit switching on real NATS, with prices over HTTP, out of a file and from a command."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from nompcore.bus import Bus
from nompcore.config.profit import PriceSourceSection, ProfitSwitchSection
from nompcore.subjects import JOBMAKER, NOTIFIER, STATS, SWITCH, network_key, profit_key, switch_key
from nompcore.switching import ProfitReport, SwitchOrder, SwitchState
from services.notifier.profit.price_sources import MAX_BYTES, PriceSource, PricesUnavailable, price_sources
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

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.ms = NOW_MS

    def __call__(self) -> int:
        return self.ms


@asynccontextmanager
async def http_server(serve: Serve) -> AsyncIterator[str]:
    """The URL of a server; its end waits for every conversation to be over."""
    talks: list[asyncio.Task[None]] = []

    def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.append(asyncio.create_task(talk(reader, writer)))

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await serve(reader, writer)
            writer.close()
            await writer.wait_closed()

    async with await asyncio.start_server(meet, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1?key=T0KEN"
        await asyncio.gather(*talks)


def http_prices(body: bytes, status: int = 200) -> AbstractAsyncContextManager[str]:
    """A server that answers every request so."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    return http_server(serve)


@asynccontextmanager
async def source(**keys: Any) -> AsyncIterator[PriceSource]:
    """One source of the configuration."""
    section = PriceSourceSection.model_validate(keys, by_name=False)
    async with httpx.AsyncClient() as client:
        yield price_sources([section], client, lambda: NOW_MS)[0]


async def complaint(**keys: Any) -> str:
    """What a source says that does not work."""
    async with source(**keys) as failing:
        with pytest.raises(PricesUnavailable) as told:
            await failing.fetch()
    return str(told.value)


async def test_prices_come_over_http() -> None:
    body = json.dumps({"litecoin": {"btc": 0.001}, "dogecoin": {"btc": "0.000002"}}).encode()
    paths = {"LTC": "litecoin.btc", "doge": "dogecoin.btc", "btc": "bitcoin.btc"}
    async with http_prices(body) as url, source(url=url, prices=paths) as web:
        told = await web.fetch()

    assert (told.prices, told.told_ms) == ({"ltc": 0.001, "doge": 0.000002}, NOW_MS)


async def test_http_that_fails_is_told_without_its_url() -> None:
    paths = {"ltc": "a"}
    async with http_prices(b"busy", 503) as busy, http_prices(b"<html>") as html:
        texts = [await complaint(url=url, prices=paths) for url in (busy, html)]
    async with http_prices(b" " * (MAX_BYTES + 1)) as endless:
        texts.append(await complaint(url=endless, prices=paths))
    texts.append(await complaint(url=busy, prices=paths))

    assert texts == ["HTTP status 503", "no JSON", f"more than {MAX_BYTES} bytes", "ConnectError"]


async def test_http_that_never_ends_is_given_up() -> None:
    async def serve(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with http_server(serve) as url:
        assert await complaint(url=url, prices={"ltc": "a"}, timeoutSeconds=0.05) == "no answer in time"


async def test_prices_of_a_file_are_as_old_as_it(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    file.write_text('{"LTC": 0.001, "doge": "0.000002", "btc": null}')
    os.utime(file, (1_700_000_000, 1_700_000_000))
    async with source(file=str(file)) as desk:
        told = await desk.fetch()

    assert (told.prices, told.told_ms) == ({"ltc": 0.001, "doge": 0.000002}, 1_700_000_000_000)
    assert await complaint(file=str(tmp_path / "nothing")) == "No such file or directory"


async def test_prices_are_printed_by_a_command_that_no_shell_reads() -> None:
    program = "import json, sys; print(json.dumps({sys.argv[1]: 0.5}))"
    async with source(command=[sys.executable, "-c", program, "$(id); ltc"]) as command:
        told = await command.fetch()

    assert (told.prices, told.told_ms) == ({"$(id); ltc": 0.5}, NOW_MS)


async def test_a_command_that_fails_or_hangs_is_told() -> None:
    python = sys.executable

    assert await complaint(command=["/no/such/program"]) == "No such file or directory"
    assert await complaint(command=[python, "-c", "raise SystemExit(3)"]) == "it ended with exit code 3"
    assert await complaint(command=[python, "-c", "print('rubbish')"]) == "no JSON"
    hangs = ["sh", "-c", "sleep 3600 & wait"]
    assert await complaint(command=hangs, timeoutSeconds=0.05) == "it did not end in time"


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
