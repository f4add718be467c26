"""MPOS mode on a real MariaDB: what is written, and that the jobs of MPOS find in it what they look for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nompcore.messages import RejectCount
from services.payouts.mpos.mpos_outcomes import LATE_ROWS_MS
from services.payouts.mpos.mpos_rows import MAX_REJECT_ROWS
from tests.servers import NatsServer, ValkeyServer
from tests.servers.mariadb import MariaDb
from tests.servers.mpos_schema import FIND_SHARE, FIND_SHARE_BY_TIME, ROUND_BY_ACCOUNT, ROUND_SHARES
from tests.service.mpos_stage import MposStage, mpos_stage, numbered_share
from tests.unit.payouts_samples import START_MS, block_hash


@pytest.fixture
async def stage(
    tmp_path: Path, nats_server: NatsServer, valkey_server: ValkeyServer, mpos: MariaDb
) -> AsyncIterator[MposStage]:
    async with mpos_stage(tmp_path, nats_server, valkey_server, mpos) as stage:
        yield stage


# ---- what MPOS finds ----


async def test_a_share_is_a_row_at_its_own_time_whatever_zone_the_database_has(stage: MposStage) -> None:
    await stage.publish(numbered_share("alice.rig1", 7, 16.0))
    stage.payouts.start()
    (row,) = await stage.has_rows(1)
    assert (row["rem_host"], row["username"], row["difficulty"]) == ("192.0.2.1", "alice.rig1", 16.0)
    assert (row["our_result"], row["upstream_result"], row["reason"]) == ("Y", "N", None)
    assert row["solution"] == block_hash(7)
    assert row["seconds"] == START_MS // 1000 + 7


async def test_refused_shares_are_rows_up_to_a_limit(stage: MposStage) -> None:
    stale = RejectCount(worker="alice.rig1", reason="stale", count=2)
    flood = RejectCount(worker="bob", reason="low-difficulty", count=10_000)
    await stage.publish(numbered_share("alice.rig1", 1, 16.0), rejects=[stale, flood])
    stage.payouts.start()
    rows = (await stage.has_rows(3 + MAX_REJECT_ROWS))[1:]
    assert {row["our_result"] for row in rows} == {"N"}
    reasons = [(row["username"], row["reason"], row["difficulty"]) for row in rows]
    assert reasons[:2] == [("alice.rig1", "job not found", 16.0)] * 2
    assert reasons[2:] == [("bob", "low difficulty share", 0.0)] * MAX_REJECT_ROWS


async def test_the_jobs_of_mpos_find_the_finder_and_what_each_account_earned(stage: MposStage) -> None:
    await stage.publish(numbered_share("alice.rig1", 1, 4.0), numbered_share("bob.a", 2, 2.0, block=True))
    stale = RejectCount(worker="alice.rig2", reason="stale", count=3)
    await stage.publish(
        numbered_share("alice.rig1", 3, 8.0), numbered_share("alice.rig2", 4, 8.0), rejects=[stale]
    )
    await stage.publish(numbered_share("bob.a", 5, 1.5), numbered_share("alice.rig1", 6, 8.0, block=True))
    await stage.publish(numbered_share("bob.a", 7, 64.0))
    for number in (2, 6):
        await stage.publish_outcome(number)
    stage.payouts.start()
    await stage.has_rows(10)
    await stage.until(lambda: sum(row["upstream_result"] == "Y" for row in stage.rows()) == 2, "two blocks")

    (first,) = stage.mpos.execute(FIND_SHARE, block_hash(2))
    (second,) = stage.mpos.execute(FIND_SHARE, block_hash(6))
    assert (first["username"], first["upstream_result"]) == ("bob.a", "Y")
    assert (second["username"], second["upstream_result"]) == ("alice.rig1", "Y")
    found = START_MS // 1000 + 6
    (by_time,) = stage.mpos.execute(FIND_SHARE_BY_TIME, first["id"], found - 30, found - 30)
    assert by_time["id"] == second["id"]

    earned = stage.mpos.execute(ROUND_BY_ACCOUNT, first["id"], second["id"])
    assert [(row["account"], row["valid"], row["invalid"]) for row in earned] == [
        ("alice", 24.0, 24.0),
        ("bob", 1.5, 0.0),
    ]
    (total,) = stage.mpos.execute(ROUND_SHARES, first["id"], second["id"])
    assert total["total"] == 25.5


async def test_workers_show_the_difficulty_of_their_last_share_and_none_is_added(stage: MposStage) -> None:
    await stage.publish(numbered_share("alice.rig1", 1, 4.0), numbered_share("alice.rig1", 2, 8.0))
    await stage.publish(numbered_share("alice.rig3", 3, 2.0))
    stage.payouts.start()

    def shown() -> dict[str, float]:
        workers = stage.mpos.execute("SELECT username, difficulty FROM pool_worker ORDER BY username")
        return {row["username"]: row["difficulty"] for row in workers}

    await stage.until(lambda: shown() == {"alice.rig1": 8.0, "alice.rig2": 0.0}, "the first difficulties")
    await stage.publish(numbered_share("alice.rig1", 4, 16.0), numbered_share("alice.rig2", 5, 32.0))
    await stage.until(lambda: shown() == {"alice.rig1": 16.0, "alice.rig2": 32.0}, "the next difficulties")


# ---- outcomes ----


async def test_only_accepted_blocks_are_marked_also_when_the_outcome_comes_first(stage: MposStage) -> None:
    await stage.publish_outcome(1)
    await stage.publish_outcome(2, "rejected")
    await stage.publish_outcome(3, "competing")
    stage.payouts.start()
    await stage.until(lambda: "is not in MPOS yet" in stage.payouts.output, "an outcome without a row")
    await stage.publish(*(numbered_share("alice.rig1", number, block=True) for number in (1, 2, 3)))
    await stage.has_rows(3)
    await stage.until(lambda: stage.rows()[0]["upstream_result"] == "Y", "the accepted block marked")
    assert [row["upstream_result"] for row in stage.rows()] == ["Y", "N", "N"]


async def test_an_accepted_block_whose_share_is_not_in_the_log_is_given_up_when_the_log_is_past_it(
    stage: MposStage,
) -> None:
    await stage.publish_outcome(1)
    await stage.publish(numbered_share("alice.rig1", 2 + LATE_ROWS_MS // 1000))
    stage.payouts.start()
    await stage.until(lambda: "no share of an accepted block" in stage.payouts.output, "the block given up")
    assert [row["upstream_result"] for row in stage.rows()] == ["N"]
