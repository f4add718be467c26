"""Prices by HTTP, from a file and from a command, and what is said where they fail."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from services.notifier.profit.price_sources import MAX_BYTES
from tests.service.price_servers import complaint, http_prices, http_server, source
from tests.unit.api_samples import NOW_MS
from tests.unit.switch_samples import switch_table

TABLE = switch_table()
HOUR_MS = 3_600_000


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
