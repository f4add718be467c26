"""How much a connection may say beside its shares."""

from __future__ import annotations

import json

from services.stratum.authorization import MAX_WORKERS_PER_CONNECTION
from services.stratum.outcome import Hangup, RefusedShare, SubmittedShare
from services.stratum.session import CHATTER_PER_MINUTE, SUBSCRIBE_COST
from tests.stratum_miner import RULES, WORKER, Miner
from tests.stratum_work import ADDRESS, make_job


def test_who_chats_more_than_a_miner_is_sent_away() -> None:
    miner = Miner(make_job("1")).ready()
    left = CHATTER_PER_MINUTE - SUBSCRIBE_COST - 1

    for _ in range(left):
        assert miner.call("mining.ping")[0]["result"] == "pong"

    assert miner.call("mining.ping") == Hangup("chatter")
    assert miner.call("mining.ping", now=61.0)[0]["result"] == "pong"


def test_a_subscription_costs_more_than_other_chatter() -> None:
    miner = Miner(make_job("1"))
    for _ in range(CHATTER_PER_MINUTE // SUBSCRIBE_COST):
        assert len(miner.call("mining.subscribe")) >= 2

    assert miner.call("mining.subscribe") == Hangup("chatter")


def test_shares_are_no_chatter() -> None:
    miner = Miner(make_job("1"), difficulty=1e6).ready()
    line = json.dumps(
        {"id": 1, "method": "mining.submit", "params": [WORKER, "1", "00000000", "6553f100", "00000000"]}
    ).encode()

    for _ in range(2 * CHATTER_PER_MINUTE):
        assert isinstance(miner.session.receive(line, 1.0), SubmittedShare)
    for _ in range(2 * CHATTER_PER_MINUTE):
        assert isinstance(miner.session.receive(b'{"id":1,"method":"mining.submit"}', 1.0), RefusedShare)


def test_the_proxy_of_a_farm_is_no_chatterer() -> None:
    """64 rigs log in at once, each through the proxy with a ping every few seconds."""
    miner = Miner(make_job("1"), vardiff=RULES)
    miner.call("mining.configure", [["version-rolling"], {}])
    miner.call("mining.subscribe", "farm-proxy/1")
    for rig in range(MAX_WORKERS_PER_CONNECTION):
        assert miner.call("mining.authorize", f"{ADDRESS}.{rig}", "x")[0]["result"] is True

    for seconds in range(600):
        for _ in range(2):
            assert miner.call("mining.ping", now=1.0 + seconds)[0]["result"] == "pong"
