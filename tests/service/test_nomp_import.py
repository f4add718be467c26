"""Moving in: a NOMP's Redis, the command, the ledger."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from nompcore.config import DaemonConfig
from services.payouts.failpoint import Failpoint
from services.payouts.nomp_import.dialect import Source
from tests.servers import ValkeyServer
from tests.servers.payouts_process import write_payouts_config
from tests.service.nomp_import_command import ImportCommand
from tests.service.nomp_redis import DATABASE, LATER, READER_PASSWORD, SEED, NompRedis, reader_url
from tests.service.test_payouts_crashes import FAILPOINTS_OF_AN_IMPORT
from tests.unit.nomp_samples import ALICE, BOB, KEY


@pytest.fixture
async def redis(valkey_server: ValkeyServer) -> AsyncIterator[Redis]:
    async with Redis(port=valkey_server.port, db=DATABASE) as client:
        yield client


@pytest.fixture(params=[LATER, SEED], ids=["later", "seed"])
def source(request: pytest.FixtureRequest) -> Source:
    assert isinstance(request.param, Source)
    return request.param


@pytest.fixture
def nomp(redis: Redis, source: Source) -> NompRedis:
    return NompRedis(redis, source)


@pytest.fixture
async def command(tmp_path: Path, valkey_server: ValkeyServer) -> ImportCommand:
    """The command, with a pool whose daemon it does not need."""
    daemon = DaemonConfig(host="127.0.0.1", port=1, user="u", password=SecretStr("p"), wallet="pool")
    write_payouts_config(tmp_path, daemon, ALICE)
    return ImportCommand(tmp_path, await reader_url(valkey_server))


async def fill(nomp: NompRedis) -> None:
    """Balances, a past payment, a pending block with its round, and the running round."""
    await nomp.owe(ALICE, 30_000_000)
    await nomp.owe(f"{KEY}.rig", 12_345_678)
    await nomp.owe("bob", 100_000_000)
    await nomp.pay(ALICE, 7.25)
    await nomp.share(ALICE, 3)
    await nomp.share(BOB, 0.5)
    await nomp.block("ab" * 32, "cd" * 32, 100, 5_000_000_000)
    await nomp.settle("blocksConfirmed", "01" * 32)
    await nomp.share(BOB, 16)


# ---- the command ----


async def test_a_dry_run_tells_and_changes_nothing(
    nomp: NompRedis, command: ImportCommand, redis: Redis
) -> None:
    await fill(nomp)
    before = {key: await redis.dump(key) for key in await redis.keys()}

    told = await command.run_by_python("--json")
    assert told.code == 0
    rows = {row["address"]: row["credited"] for row in told.report["rows"]}
    assert rows == {ALICE: "0.42345678", "unassigned:bob": "1.00000000"}
    assert told.report["total"]["rounding"] == "0"
    assert told.report["total"]["paid_by_nomp"] == "7.25000000"
    assert told.report["running"] == {BOB: 16.0}
    assert told.report["counts"] == {"confirmed": 1, "orphaned": 0, "kicked": 0}
    assert told.report["stats"]["validShares"] == "3"
    (block,) = told.report["blocks"]
    assert (block["height"], block["miners"], block["difficulty"]) == (100, 2, 3.5)
    assert command.rows() == {}
    assert {key: await redis.dump(key) for key in await redis.keys()} == before


async def test_a_second_run_books_nothing_and_a_changed_source_is_refused(
    nomp: NompRedis, command: ImportCommand
) -> None:
    await fill(nomp)
    dry = await command.run("--json")
    applied = await command.run("--apply", "--json")
    rows = command.rows()
    assert (applied.code, applied.report["state"]) == (0, "applied")
    assert applied.report["total"] == {**dry.report["total"], "booked": "1.42345678", "balance": "1.42345678"}

    again = await command.run("--apply", "--json")
    assert (again.code, again.report["rows"]) == (0, applied.report["rows"])
    stored = await command.run_plainly("--from-ledger", "--json")
    assert (stored.code, stored.report["rows"]) == (0, applied.report["rows"])
    assert command.rows() == rows

    await nomp.owe(BOB, 1)
    changed = await command.run("--apply", "--json")
    assert changed.code == 1
    assert any(BOB in line for line in changed.report["obstacles"])
    assert command.rows() == rows


@pytest.mark.parametrize("failpoint", FAILPOINTS_OF_AN_IMPORT, ids=str)
async def test_after_a_kill_everything_is_booked_once(
    failpoint: Failpoint, redis: Redis, command: ImportCommand
) -> None:
    await fill(NompRedis(redis, LATER))

    killed = await command.run("--apply", failpoint=str(failpoint))
    assert killed.code == -9
    is_booked = bool(command.rows()["transfers"])
    assert is_booked is str(failpoint).endswith("after-commit")
    assert (await command.run("--apply")).code == 0
    rows = command.rows()
    assert [len(rows[table]) for table in ("transfers", "entries", "blocks", "nomp_imports")] == [1, 3, 2, 1]


# ---- refusals ----


async def test_a_nomp_that_runs_is_only_looked_at(nomp: NompRedis, command: ImportCommand) -> None:
    await fill(nomp)
    await nomp.share(ALICE, 1, at_s=int(time.time()))

    refused = await command.run("--apply", "--json")
    assert refused.code == 1
    assert "stop all of its processes" in refused.report["obstacles"][0]
    assert command.rows() == {}
    assert (await command.run("--force-live")).code == 0
    assert (await command.run("--force-live", "--apply")).code == 2


async def test_an_interrupted_payment_has_to_be_cleared_first(
    nomp: NompRedis, command: ImportCommand
) -> None:
    await fill(nomp)
    await nomp.interrupt_payment()

    refused = await command.run("--apply")
    assert refused.code == 1
    assert "finalRedisCommands exists: NOMP was interrupted" in refused.output
    assert command.rows() == {}


async def test_the_file_of_an_interrupted_payment_is_found(
    redis: Redis, command: ImportCommand, tmp_path: Path
) -> None:
    await fill(NompRedis(redis, LATER))
    (tmp_path / "litecoin_finalRedisCommands.txt").write_text(json.dumps([["smove"]]))

    refused = await command.run("--apply", "--nomp-dir", str(tmp_path))
    assert refused.code == 1
    assert "litecoin_finalRedisCommands.txt exists" in refused.output


async def test_what_cannot_be_read_is_listed_and_left_out_on_demand(
    nomp: NompRedis, command: ImportCommand, redis: Redis, source: Source
) -> None:
    await fill(nomp)
    await nomp.write("balances", BOB, "12,5")
    await redis.sadd(source.key("blocksPending"), b"\xff\xfe")
    await redis.set(source.key("payouts"), "a string")

    refused = await command.run("--apply", "--json")
    assert refused.code == 1
    assert {gap["where"] for gap in refused.report["unreadable"]} == {
        source.key("balances"), source.key("blocksPending"), source.key("payouts"),
    }  # fmt: skip
    assert command.rows() == {}
    applied = await command.run("--apply", "--skip-unreadable", "--json")
    assert (applied.code, applied.report["total"]["booked"]) == (0, "1.42345678")


async def test_two_layouts_need_a_word(redis: Redis, command: ImportCommand) -> None:
    await fill(NompRedis(redis, LATER))
    await NompRedis(redis, SEED).owe(BOB, 7)

    asked = await command.run()
    assert asked.code == 1
    assert "--dialect" in asked.errors
    told = await command.run("--dialect", "seed", "--json")
    assert [row["credited"] for row in told.report["rows"]] == ["0.00000007"]


async def test_nothing_there_may_be_a_pool_of_mpos(command: ImportCommand) -> None:
    refused = await command.run("--apply")

    assert refused.code == 1
    assert "MPOS" in refused.errors


async def test_a_pool_whose_payments_are_left_to_mpos_takes_nothing_over(
    redis: Redis, command: ImportCommand, tmp_path: Path
) -> None:
    await fill(NompRedis(redis, LATER))
    file = tmp_path / "pool_configs" / "litecoin.json"
    mpos = {"enabled": True, "host": "127.0.0.1", "user": "u", "password": "p", "database": "mpos"}
    file.write_text(json.dumps({**json.loads(file.read_text()), "mposMode": mpos}))

    refused = await command.run("--apply")
    assert refused.code == 1
    assert "leaves payments to MPOS" in refused.output
    assert command.rows() == {}


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--redis", "redis://127.0.0.1:1/0"),
        ("--redis", "http://127.0.0.1/", "--coin", "litecoin"),
        ("--redis", "redis://127.0.0.1:1/0", "--coin", "litecoin", "--pool", "dogecoin"),
        ("--redis", "redis://127.0.0.1:1/0", "--coin", "litecoin", "--dialect", "newest"),
        ("--from-ledger", "--apply"),
    ],
)
async def test_arguments_with_which_nothing_can_be_done(
    words: tuple[str, ...], command: ImportCommand
) -> None:
    ended = await command.run_plainly(*words)

    assert ended.code == 2
    assert ended.errors
    assert "Traceback" not in ended.errors
    assert command.rows() == {}


async def test_a_pool_that_did_not_move_has_no_report(command: ImportCommand) -> None:
    ended = await command.run_plainly("--from-ledger")

    assert (ended.code, ended.output) == (1, "")
    assert "nothing was imported" in ended.errors


async def test_no_secret_is_told(redis: Redis, command: ImportCommand, valkey_server: ValkeyServer) -> None:
    await fill(NompRedis(redis, LATER))
    shown = await command.run()
    await valkey_server.stop()
    away = await command.run()

    assert (shown.code, away.code) == (0, 1)
    assert "NOMP's Redis cannot be read" in away.errors
    assert READER_PASSWORD not in shown.output + shown.errors + away.output + away.errors
