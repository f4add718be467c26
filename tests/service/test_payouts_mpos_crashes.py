"""MPOS mode while something dies, is away or refuses: no row is lost, doubled or out of its order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from nompcore.config import MposConfig
from nompcore.config.mpos import LoginCheck
from services.payouts.failpoint import ALL_FAILPOINTS, Failpoint, Failpoints, Step
from services.payouts.mpos.mpos_database import MposDatabase
from services.payouts.mpos.mpos_position import MposPositionTaken, Position
from services.payouts.mpos.mpos_rows import MposRows
from services.payouts.mpos.mpos_writer import MposWriter
from tests.servers import NatsServer, ValkeyServer
from tests.servers.mariadb import DATABASE, PASSWORD, USER, MariaDb
from tests.service.mpos_stage import MposStage, mpos_stage, numbered_share
from tests.stratum_work import POOL
from tests.unit.payouts_samples import START_MS, block_hash, share_batch

MPOS_FAILPOINTS = [point for point in ALL_FAILPOINTS if point.step.value.startswith("mpos.")]


@pytest.fixture
async def stage(
    tmp_path: Path, nats_server: NatsServer, valkey_server: ValkeyServer, mpos: MariaDb
) -> AsyncIterator[MposStage]:
    async with mpos_stage(tmp_path, nats_server, valkey_server, mpos) as stage:
        yield stage


async def test_nothing_is_lost_or_doubled_when_the_database_is_killed_again_and_again(
    stage: MposStage, mpos: MariaDb
) -> None:
    stage.payouts.start()
    for number in range(1, 61):
        await stage.publish(numbered_share("alice.rig1", number, block=number % 20 == 0))
        if number % 20 == 0:
            await stage.publish_outcome(number)
        if number % 15 == 0:
            await stage.until(lambda: len(stage.rows()) >= 1, "the writer writes")
            await mpos.kill()
            await stage.publish(numbered_share("bob.a", 100 + number))
            await mpos.start()
    await stage.has_rows(64)
    await stage.until(
        lambda: (
            [row["solution"] for row in stage.rows() if row["upstream_result"] == "Y"]
            == [block_hash(number) for number in (20, 40, 60)]
        ),
        "three marked blocks",
    )
    written = stage.numbers()
    expected = []
    for number in range(1, 61):
        expected += [number, 100 + number] if number % 15 == 0 else [number]
    assert written == expected
    assert "step will be tried again" in stage.payouts.output


async def test_everything_comes_when_the_database_is_there_at_last(stage: MposStage, mpos: MariaDb) -> None:
    await mpos.stop()
    await stage.publish(numbered_share("alice.rig1", 1), numbered_share("bob.a", 2, block=True))
    await stage.publish_outcome(2)
    stage.payouts.start()
    await stage.until(lambda: "MposUnavailable" in stage.payouts.output, "it misses the database")
    await mpos.start()
    await stage.until(lambda: [row["upstream_result"] for row in stage.rows()] == ["N", "Y"], "both rows")
    shown = await stage.tallies_have(2)
    assert (shown.valid_shares, shown.payments_state) == (2, "disabled")


@pytest.mark.parametrize("failpoint", MPOS_FAILPOINTS, ids=str)
async def test_a_kill_around_each_step_loses_and_repeats_nothing(
    stage: MposStage, failpoint: Failpoint
) -> None:
    await stage.publish(numbered_share("alice.rig1", 1), numbered_share("alice.rig1", 2, block=True))
    needs_outcome = failpoint.step is Step.MPOS_ACCEPTED
    if needs_outcome:
        await stage.publish_outcome(2)
    stage.payouts.start(str(failpoint))
    await stage.until(lambda: not stage.payouts.running, f"death at {failpoint}")
    await stage.end_lease()
    if not needs_outcome:  # it would come again only half a minute after the death
        await stage.publish_outcome(2)
    await stage.publish(numbered_share("bob.a", 3))
    stage.payouts.start()
    await stage.has_rows(3)
    await stage.until(lambda: stage.rows()[1]["upstream_result"] == "Y", "the marked block")
    assert stage.numbers() == [1, 2, 3]
    assert [row["upstream_result"] for row in stage.rows()] == ["N", "Y", "N"]


async def test_shares_from_before_mpos_mode_stay_with_the_pool(stage: MposStage) -> None:
    stage.configure(enabled=False)
    await stage.publish(numbered_share("alice.rig1", 1), numbered_share("alice.rig1", 2))
    stage.payouts.start()
    await stage.tallies_have(2)
    assert await stage.payouts.stop() == 0
    stage.configure()
    await stage.publish(numbered_share("alice.rig1", 3), numbered_share("bob.a", 4))
    stage.payouts.start()
    await stage.has_rows(2)
    await stage.tallies_have(4)
    assert stage.numbers() == [3, 4]


async def test_a_database_that_is_not_mposs_is_waited_for_and_named(stage: MposStage, mpos: MariaDb) -> None:
    mpos.execute("RENAME TABLE shares TO elsewhere")
    await stage.publish(numbered_share("alice.rig1", 1))
    stage.payouts.start()
    await stage.until(lambda: "no table shares" in stage.payouts.output, "the log names the table")
    mpos.execute("RENAME TABLE elsewhere TO shares")
    await stage.has_rows(1)
    assert stage.payouts.running


async def test_rows_that_could_not_be_taken_back_are_not_written(stage: MposStage, mpos: MariaDb) -> None:
    mpos.execute("ALTER TABLE shares ENGINE = MyISAM")
    await stage.publish(numbered_share("alice.rig1", 1))
    stage.payouts.start()
    await stage.until(lambda: "is MyISAM, not InnoDB" in stage.payouts.output, "the log says why")
    assert stage.rows() == []
    mpos.execute("ALTER TABLE shares ENGINE = InnoDB")
    await stage.has_rows(1)


@pytest.mark.parametrize(
    ("identified", "complaint"),
    [
        ("BY 'another'", "Access denied"),
        ("VIA ed25519 USING PASSWORD('another')", "ed25519"),  # the driver lacks it, as it may lack others
    ],
)
async def test_a_database_that_does_not_let_payouts_in_is_waited_for(
    stage: MposStage, mpos: MariaDb, identified: str, complaint: str
) -> None:
    mpos.execute("INSTALL SONAME 'auth_ed25519'")
    mpos.execute(f"ALTER USER '{USER}'@'127.0.0.1' IDENTIFIED {identified}")
    await stage.publish(numbered_share("alice.rig1", 1))
    stage.payouts.start()
    await stage.until(lambda: complaint in stage.payouts.output, "the log says why")
    assert PASSWORD not in stage.payouts.output
    mpos.execute(f"ALTER USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'")
    mpos.execute("UNINSTALL SONAME 'auth_ed25519'")
    await stage.has_rows(1)
    assert stage.payouts.running


async def test_a_backlog_is_written_once_though_both_ends_die(stage: MposStage, mpos: MariaDb) -> None:
    await mpos.kill()
    for first in range(0, 10_000, 500):
        await stage.publish(*(numbered_share("alice.rig1", number) for number in range(first, first + 500)))
    stage.payouts.start()
    await stage.until(lambda: "MposUnavailable" in stage.payouts.output, "it misses the database")
    await mpos.start()
    await stage.has_rows(2000)
    await stage.payouts.kill()
    await mpos.kill()
    await mpos.start()
    await stage.end_lease()
    stage.payouts.start()
    await stage.has_rows(10_000)
    assert stage.numbers() == list(range(10_000))


async def test_of_two_writers_of_a_stretch_one_is_refused_and_leaves_nothing(mpos: MariaDb) -> None:
    config = MposConfig(
        host="127.0.0.1",
        port=mpos.port,
        user=USER,
        password=SecretStr(PASSWORD),
        database=DATABASE,
        login_check=LoginCheck.PASSWORD,
        auto_create_worker=False,
    )
    databases = [MposDatabase(config, Failpoints()) for _ in range(4)]
    writers = [MposWriter(database, POOL) for database in databases]
    assert await asyncio.gather(*(asyncio.to_thread(writer.position) for writer in writers)) == [None] * 4
    for number, writer in enumerate(writers):
        writer.begin(10 + number)
    assert writers[3].position() == Position(10)

    rows = MposRows(row_ms=0, share_ms=0)
    rows.add(share_batch([numbered_share("alice.rig1", 1), numbered_share("bob.a", 2)]), 1, START_MS)
    done = await asyncio.gather(
        *(asyncio.to_thread(writer.write, 10, 12, rows) for writer in writers), return_exceptions=True
    )

    moved = Position(12, START_MS + 2000, START_MS + 2000)
    assert [type(outcome) for outcome in done if outcome != moved] == [MposPositionTaken] * 3
    assert writers[0].position() == moved
    assert len(mpos.execute("SELECT id FROM shares")) == 2
    for database in databases:
        database.close()


# ---- NATS lost data ----


async def test_writing_goes_on_when_nats_lost_its_log(stage: MposStage, nats_server: NatsServer) -> None:
    await stage.publish(numbered_share("alice.rig1", 1), numbered_share("alice.rig1", 2))
    await stage.publish(numbered_share("alice.rig1", 3))
    stage.payouts.start()
    await stage.has_rows(3)
    await nats_server.kill()
    nats_server.wipe()
    await nats_server.start()
    await stage.until(lambda: stage.bus.connected, "NATS is back")
    await stage.bus.ensure()
    await stage.publish(numbered_share("alice.rig1", 60))
    await stage.has_rows(4)
    assert stage.numbers() == [1, 2, 3, 60]
