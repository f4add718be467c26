"""How long a connection may take, and for what."""

from __future__ import annotations

import pytest

from services.stratum.time_outs import overdue
from tests.stratum_miner import WORKER, Miner
from tests.stratum_work import EASY, make_job

SHARE_SECONDS = 600


@pytest.mark.parametrize(
    ("calls", "now", "reason"),
    [
        ([], 10, None),
        ([], 10.1, "silent"),
        ([("mining.ping",)], 30, None),
        ([("mining.ping",)], 30.1, "not-subscribed"),
        ([("mining.subscribe",)], 60, None),
        ([("mining.subscribe",)], 60.1, "not-authorized"),
        ([("mining.authorize", WORKER)], 30.1, "not-subscribed"),
        ([("mining.subscribe",), ("mining.authorize", "nobody")], 60.1, "not-authorized"),
        ([("mining.subscribe",), ("mining.authorize", WORKER)], 600, None),
        ([("mining.subscribe",), ("mining.authorize", WORKER)], 600.1, "no-shares"),
    ],
)
def test_patience_ends(calls: list[tuple[str, ...]], now: float, reason: str | None) -> None:
    miner = Miner(make_job("1"))
    for call in calls:
        miner.call(*call)

    assert overdue(miner.session, now, SHARE_SECONDS) == reason


def test_it_begins_with_the_connection() -> None:
    miner = Miner(make_job("1"))

    assert overdue(miner.new_session(1000), 1010, SHARE_SECONDS) is None
    assert overdue(miner.new_session(1000), 1011, SHARE_SECONDS) == "silent"


def test_rubbish_is_no_silence() -> None:
    miner = Miner()
    miner.session.receive(b"rubbish", 1.0)

    assert overdue(miner.session, 11, SHARE_SECONDS) is None


def test_an_accepted_share_renews_patience_and_a_refused_one_does_not() -> None:
    miner = Miner(make_job("1")).ready()
    miner.session.share_accepted(500, EASY)
    miner.session.share_refused()

    assert (miner.session.accepted, miner.session.rejected) == (1, 1)
    assert overdue(miner.session, 1100, SHARE_SECONDS) is None
    assert overdue(miner.session, 1101, SHARE_SECONDS) == "no-shares"


def test_nobody_is_sent_away_for_sharing_nothing_while_there_is_no_work() -> None:
    assert overdue(Miner().ready().session, 10_000, SHARE_SECONDS) is None
