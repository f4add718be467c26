"""Miners' logins in MPOS mode: a real stratum asks a real payouts, which looks into a real MariaDB."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from nompcore import subjects
from nompcore.bus import Bus
from nompcore.errors import RejectReason
from tests.servers import NatsServer, ValkeyServer
from tests.servers.mariadb import MariaDb
from tests.service.mpos_stage import MposStage, mpos_stage
from tests.stratum_stage import metrics
from tests.stratum_work import POOL, REGTEST_BITS, make_job, solve, target_of

RIGHT, WRONG = "secret-one", "secret-two"
UNAUTHORIZED = RejectReason.UNAUTHORIZED.number
ACCOUNT_OR_PASSWORD = "unknown worker or wrong password"
UNCHECKED = "logins cannot be checked now, try again"


@pytest.fixture
async def stage(
    tmp_path: Path, nats_server: NatsServer, valkey_server: ValkeyServer, mpos: MariaDb
) -> AsyncIterator[MposStage]:
    async with mpos_stage(tmp_path, nats_server, valkey_server, mpos) as stage:
        yield stage


async def start(stage: MposStage) -> None:
    """payouts and stratum, both serving."""
    stage.payouts.start()
    await stage.until(lambda: '"leading"' in stage.payouts.output, "payouts serves")
    await stage.stratum.start()


async def login(stage: MposStage, user: str, password: str) -> str:
    """ "ok", or the text of the refusal, of a connection of its own."""
    client = await stage.clients.connect(stage.stratum.port)
    await client.subscribe()
    reply = await client.call("mining.authorize", user, password)
    if reply["result"] is True:
        return "ok"
    assert reply["result"] is False
    number, text, _ = reply["error"]
    assert number == UNAUTHORIZED
    return str(text)


CHECKS: list[tuple[str, dict[str, Any], dict[str, Any], list[tuple[str, str, str]]]] = [
    (
        "password",
        {"stratumAuth": "password"},
        {},
        [
            ("alice.rig1", RIGHT, "ok"),
            ("ALICE.rig1", RIGHT, "ok"),  # MPOS does not tell them apart
            ("alice.rig1", WRONG, ACCOUNT_OR_PASSWORD),
            ("alice.rig1", "", ACCOUNT_OR_PASSWORD),
            ("alice.rig9", RIGHT, ACCOUNT_OR_PASSWORD),
        ],
    ),
    (
        "worker",
        {"stratumAuth": "worker"},
        {},
        [("alice.rig1", WRONG, "ok"), ("alice.rig9", RIGHT, "unknown worker")],
    ),
    (
        "none",
        {"stratumAuth": "none"},
        {},
        [("alice.rig1", WRONG, "ok"), ("nobody.at-all", "", "ok")],
    ),
    (
        "later spelling",
        {"checkPassword": True, "autoCreateWorker": True},
        {"validateWorkerUsername": True},
        [
            ("alice.rig1", RIGHT, "ok"),
            ("alice.rig1", WRONG, ACCOUNT_OR_PASSWORD),
            ("Bob.new", RIGHT, "ok"),
            ("bob.new", WRONG, ACCOUNT_OR_PASSWORD),  # its first login made the password
            ("carol.new", RIGHT, ACCOUNT_OR_PASSWORD),  # no such account
            ("bob." + "x" * 50, RIGHT, ACCOUNT_OR_PASSWORD),  # MPOS has no room for the name
        ],
    ),
]


@pytest.mark.parametrize(
    ("section", "pool_keys", "logins"), [case[1:] for case in CHECKS], ids=[case[0] for case in CHECKS]
)
async def test_logins_are_checked_as_configured(
    stage: MposStage, section: dict[str, Any], pool_keys: dict[str, Any], logins: list[tuple[str, str, str]]
) -> None:
    whole = {**stage.mpos.section, **section}
    key = "mposMode" if pool_keys else "shareProcessing"
    stage.configure_pool(**{key: whole if pool_keys else {"mpos": whole}}, **pool_keys)
    await start(stage)

    assert [await login(stage, user, password) for user, password, _ in logins] == [
        expected for _, _, expected in logins
    ]

    for text in (stage.payouts.output, stage.stratum.output):
        assert RIGHT not in text
        assert WRONG not in text
    added = stage.mpos.execute("SELECT account_id, username, password FROM pool_worker WHERE account_id = 2")
    assert added == ([{"account_id": 2, "username": "bob.new", "password": RIGHT}] if pool_keys else [])


async def test_without_the_database_only_those_who_just_logged_in_get_in_and_nobody_is_banned(
    stage: MposStage, mpos: MariaDb
) -> None:
    stage.configure_pool(
        shareProcessing={"mpos": mpos.section},
        banning={"enabled": True, "failedLoginLimit": 3, "time": 600, "purgeInterval": 300},
    )
    await start(stage)
    assert await login(stage, "alice.rig1", RIGHT) == "ok"
    await mpos.kill()

    assert [await login(stage, "alice.rig2", WRONG) for _ in range(4)] == [UNCHECKED] * 4
    assert await login(stage, "alice.rig1", WRONG) == UNCHECKED
    assert await login(stage, "alice.rig1", RIGHT) == "ok"
    page = await metrics(stage.stratum)
    assert f'stratum_logins_unchecked_total{{pool="{POOL}"}} 5.0' in page
    assert f'stratum_logins_known_total{{pool="{POOL}"}} 1.0' in page

    await mpos.start()
    await stage.until_login(lambda: login(stage, "alice.rig2", WRONG), "ok")


async def test_without_payouts_a_miner_is_told_to_try_again(stage: MposStage) -> None:
    await stage.stratum.start()
    assert await login(stage, "alice.rig1", RIGHT) == UNCHECKED


async def test_a_silent_database_is_not_waited_for_longer_than_a_miner_would(
    stage: MposStage, mpos: MariaDb
) -> None:
    await start(stage)
    assert await login(stage, "alice.rig1", RIGHT) == "ok"
    mpos.freeze()
    assert await login(stage, "alice.rig2", WRONG) == UNCHECKED
    mpos.thaw()
    await stage.until_login(lambda: login(stage, "alice.rig2", WRONG), "ok")


async def test_wrong_passwords_end_in_a_ban(stage: MposStage, mpos: MariaDb) -> None:
    stage.configure_pool(
        shareProcessing={"mpos": mpos.section},
        banning={"enabled": True, "failedLoginLimit": 3, "time": 600, "purgeInterval": 300},
    )
    await start(stage)
    client = await stage.clients.connect(stage.stratum.port)
    for _ in range(4):
        client.send("mining.authorize", "alice.rig1", WRONG)
    assert await client.is_closed()


async def test_a_share_of_a_confirmed_worker_becomes_a_row_of_mpos(
    stage: MposStage, nats_server: NatsServer
) -> None:
    jobmaker = await Bus.connect(nats_server.url, service=subjects.JOBMAKER, replica="test")
    job = make_job("1", bits=REGTEST_BITS)
    await jobmaker.publish(subjects.JOB, job, pool=POOL)
    await jobmaker.drain()
    await start(stage)
    miner = await stage.clients.connect(stage.stratum.port)
    await miner.subscribe()
    assert (await miner.call("mining.authorize", "alice.rig1", RIGHT))["result"] is True
    block = solve(job, miner.extranonce1_hex, at_most=target_of(2.0**-31))
    reply = await miner.reply(miner.submit(block, "alice.rig1"))
    assert reply["result"] is True
    (row,) = await stage.has_rows(1)
    assert (row["username"], row["our_result"], row["rem_host"]) == ("alice.rig1", "Y", "127.0.0.1")
