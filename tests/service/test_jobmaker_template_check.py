"""Templates are proposed to the daemon before miners work on them, and what its answers lead to."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from services.jobmaker import network_snapshot, template_check
from tests.servers import wait_until
from tests.servers.relay_daemon import HttpAnswer, PassOn, RelayDaemon
from tests.servers.scripted_daemon import Refusal
from tests.service.pool_stage import PoolStage, at_work, set_up, simulated_chain

CHECKED = "nomp_jobmaker_templates_checked_total"
REFUSED = "nomp_jobmaker_template_refused"


@pytest.fixture
async def stage(tmp_path: Path, nats_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PoolStage]:
    """A pool that is not at work yet, and coins that can be spent."""
    monkeypatch.setattr(network_snapshot, "SNAPSHOT_SECONDS", 0.05)
    async with (
        simulated_chain(tmp_path / "sim", options=("--maturity", "1")) as sim,
        RelayDaemon(sim.config()).serving() as relay,
        set_up(sim, nats_url, relay=relay) as stage,
    ):
        yield stage


def say(word: object) -> Callable[[], object]:
    """An answer."""
    return lambda: word


def refuse(code: int, text: str) -> Callable[[], object]:
    """An answer with an error code."""

    def answer() -> object:
        raise Refusal(code, text)

    return answer


def judge_by(stage: PoolStage, answer: Callable[[], object]) -> None:
    """The daemon answers to proposed blocks with this, to all else as before."""

    async def getblocktemplate(params: list[Any]) -> object:
        if params[0].get("mode") == "proposal":
            return answer()
        raise PassOn

    stage.relay.answers["getblocktemplate"] = getblocktemplate


def judge_truly(stage: PoolStage) -> None:
    """The daemon judges proposed blocks again."""
    del stage.relay.answers["getblocktemplate"]


def proposals(stage: PoolStage) -> int:
    """How many blocks were proposed."""
    return len(stage.relay.template_requests(mode="proposal"))


async def refusal_is(stage: PoolStage, refusal: str) -> None:
    """Returns when the api sees this reason."""

    async def seen() -> bool:
        snapshot = await stage.snapshot()
        return snapshot is not None and snapshot.template_refused == refusal

    await wait_until(seen, what=f"the snapshot says {refusal!r}")


async def test_a_refused_template_makes_no_job_and_the_last_good_one_stays(
    stage: PoolStage, caplog: pytest.LogCaptureFixture
) -> None:
    async with at_work(stage):
        good = await stage.job_on_tip()
        judge_by(stage, say("bad-cb-amount"))
        await stage.sim.call("sim_addtransactions", 1)  # a block with transactions is of another shape

        await stage.wait_for_count(2, CHECKED, result="refused")
        await refusal_is(stage, "bad-cb-amount")
        snapshot = await stage.snapshot()

        assert stage.miners.jobs[-1] == good
        assert snapshot is not None
        assert snapshot.job_id == good.job_id
        assert stage.count(REFUSED) == 1
        assert stage.count("nomp_jobmaker_job_failures_total", why="TemplateRefused") >= 1
        alarms = [record for record in caplog.records if record.levelno == logging.CRITICAL]
        assert vars(alarms[0])["answer"] == "bad-cb-amount"
        assert stage.state.state == "ok"


async def test_jobs_flow_when_the_daemon_takes_such_blocks_again(stage: PoolStage) -> None:
    judge_by(stage, say("bad-cb-amount"))
    async with at_work(stage):
        await refusal_is(stage, "bad-cb-amount")
        assert stage.miners.jobs == []

        judge_truly(stage)
        await stage.job_on_tip()

        await refusal_is(stage, "")
        assert stage.count(REFUSED) == 0


async def test_a_template_of_a_shape_that_was_taken_before_lifts_the_refusal_of_another(
    stage: PoolStage,
) -> None:
    async with at_work(stage):
        await stage.job_on_tip()
        judge_by(stage, say("bad-cb-amount"))
        await stage.sim.call("sim_addtransactions", 1)
        await refusal_is(stage, "bad-cb-amount")

        await stage.sim.generate(1, await stage.sim.call("getnewaddress"))  # with the transaction
        await stage.job_on_tip()

        await refusal_is(stage, "")
        assert stage.count(REFUSED) == 0


async def test_an_error_in_answer_to_a_proposal_is_a_refusal(stage: PoolStage) -> None:
    judge_by(stage, refuse(-22, "Block decode failed"))
    async with at_work(stage):
        await refusal_is(stage, "Block decode failed (-22)")

        assert stage.miners.jobs == []
        assert stage.count(REFUSED) == 1


async def test_a_shape_is_proposed_once_however_many_templates_have_it(stage: PoolStage) -> None:
    async with at_work(stage):
        await stage.job_on_tip()
        for _ in range(5):
            await stage.new_tip()
            await stage.job_on_tip()
        assert proposals(stage) == 1

        await stage.sim.call("sim_addtransactions", 1)
        await stage.miners.job(lambda job: job.merkle_branch_hex != [])
        await stage.new_tip()
        await stage.job_on_tip()

        assert proposals(stage) == 2
        assert stage.count(CHECKED, result="accepted") == 2


async def test_a_daemon_that_comes_back_is_asked_anew(stage: PoolStage) -> None:
    async with at_work(stage):
        await stage.job_on_tip()
        await stage.sim.set_fault("drop")
        await wait_until(lambda: stage.state.state != "ok", what="the daemon is away")
        await stage.sim.set_fault("none")
        await wait_until(lambda: stage.state.state == "ok", what="the daemon is back")

        await stage.new_tip()
        await stage.job_on_tip()

        assert proposals(stage) == 2


async def test_a_daemon_that_knows_no_proposals_is_not_asked(stage: PoolStage) -> None:
    async def without_capability(params: list[Any]) -> object:
        template = await stage.relay.ask_behind("getblocktemplate", *params)
        return {**template, "capabilities": []}

    stage.relay.answers["getblocktemplate"] = without_capability
    async with at_work(stage):
        await stage.job_on_tip()
        await stage.new_tip()
        await stage.job_on_tip()

        assert proposals(stage) == 0


@pytest.mark.parametrize("word", ["inconclusive-not-best-prevblk", "duplicate", "duplicate-inconclusive"])
async def test_an_answer_about_the_chain_stops_nothing_and_teaches_nothing(
    stage: PoolStage, word: str
) -> None:
    judge_by(stage, say(word))
    async with at_work(stage):
        await stage.job_on_tip()
        await stage.new_tip()
        await stage.job_on_tip()

        assert proposals(stage) >= 2
        assert stage.count(CHECKED, result="tip-moved") >= 2
        assert stage.count(REFUSED) == 0


async def test_a_proposal_that_fails_to_be_answered_stops_nothing(stage: PoolStage) -> None:
    judge_by(stage, say(HttpAnswer(503, b"Work queue depth exceeded")))
    async with at_work(stage):
        await stage.job_on_tip()
        await stage.new_tip()
        await stage.job_on_tip()

        assert stage.count(CHECKED, result="unanswered") >= 2
        assert stage.count(REFUSED) == 0


async def test_a_daemon_that_is_silent_about_a_proposal_stops_nothing(
    stage: PoolStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template_check, "CHECK_SECONDS", 0.1)
    never = asyncio.Event()

    async def getblocktemplate(params: list[Any]) -> object:
        if params[0].get("mode") == "proposal":
            await never.wait()
        raise PassOn

    stage.relay.answers["getblocktemplate"] = getblocktemplate
    async with at_work(stage):
        await stage.job_on_tip()

        assert stage.count(CHECKED, result="unanswered") >= 1
        assert stage.count(REFUSED) == 0


async def test_silence_does_not_lift_a_refusal(stage: PoolStage) -> None:
    judge_by(stage, say("bad-cb-amount"))
    async with at_work(stage):
        await refusal_is(stage, "bad-cb-amount")

        judge_by(stage, say(HttpAnswer(503, b"Work queue depth exceeded")))
        await stage.job_on_tip()

        assert stage.count(REFUSED) == 1
