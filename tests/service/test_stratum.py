"""The stratum service against a real NATS: shares, jobs, blocks, what it tells about itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nompcore import subjects
from nompcore.address import encode_segwit
from nompcore.errors import RejectReason
from nompcore.messages import ReplicaStats
from nompcore.target import difficulty_from_target
from tests.servers import NatsServer, wait_until
from tests.stratum_client import WORKER
from tests.stratum_stage import Stage, metrics, open_stage
from tests.stratum_work import (
    ADDRESS,
    EASY,
    ERRORS,
    POOL,
    REGTEST_BITS,
    Solution,
    coin,
    make_job,
    solve,
    target_of,
)

LITECOIN = coin("litecoin.json")
LITECOIN_ADDRESS = encode_segwit("rltc", 0, bytes(range(20)))


@pytest.fixture
async def stage(tmp_path: Path, nats_server: NatsServer) -> AsyncIterator[Stage]:
    """NATS, miners, and stratum when the test starts it."""
    async with open_stage(tmp_path, nats_server) as stage:
        yield stage


async def test_a_miner_gets_work_at_once_and_its_share_is_in_the_stream_before_it_hears_true(
    stage: Stage,
) -> None:
    job = await stage.publish(make_job("1"))
    process = await stage.start()
    miner = await stage.clients.mine(process.port)
    assert await miner.notification("mining.set_difficulty") == [EASY]
    assert (await miner.notification("mining.notify"))[0] == "1"
    (solution,) = miner.solutions(job, 1)

    reply = await miner.reply(miner.submit(solution))

    assert reply == {"id": 3, "result": True, "error": None}
    (batch,) = await stage.stored_batches(1)
    (share,) = batch.shares
    assert (share.worker, share.address, share.difficulty) == (WORKER, ADDRESS, EASY)
    assert (share.job_id, share.height, share.ip, share.port) == ("1", 101, "127.0.0.1", process.port)
    assert share.share_difficulty >= EASY
    assert share.block_hash_display == ""


async def test_every_kind_of_bad_share_gets_its_error_and_is_counted(stage: Stage) -> None:
    job = await stage.publish(make_job("1"))
    process = await stage.start()
    miner = await stage.clients.mine(process.port)
    (good,) = miner.solutions(job, 1)
    low = solve(job, miner.extranonce1_hex, above=target_of(EASY))
    old = Solution("1", "00000000", f"{job.ntime - 1:08x}", "00000000", 0)
    upper = Solution("1", good.extranonce2_hex, good.ntime_hex.upper(), good.nonce_hex.upper(), 0)
    await miner.reply(miner.submit(good))

    expected = {
        miner.submit(good): RejectReason.DUPLICATE,
        miner.submit(upper): RejectReason.DUPLICATE,
        miner.submit(low): RejectReason.LOW_DIFFICULTY,
        miner.submit(old): RejectReason.NTIME_OUT_OF_RANGE,
        miner.submit(good, worker=ADDRESS): RejectReason.UNAUTHORIZED,
        miner.send("mining.submit", WORKER): RejectReason.MALFORMED,
    }
    for request_id, reason in expected.items():
        assert (await miner.reply(request_id))["error"] == ERRORS[reason]
    assert (await miner.notification("mining.notify"))[0] == "1"
    await stage.publish(make_job("2", block=2))
    job_id, *_, clean = await miner.notification("mining.notify")
    assert (job_id, clean) == ("2", True)
    stale = await miner.reply(miner.submit(low))

    assert stale["error"] == ERRORS[RejectReason.STALE]
    batches = await stage.stored_batches(1, rejects=5)
    counts = {(count.worker, count.reason): count.count for batch in batches for count in batch.rejects}
    assert counts == {
        (WORKER, "duplicate"): 2,
        (WORKER, "low-difficulty"): 1,
        (WORKER, "ntime-out-of-range"): 1,
        (WORKER, "stale"): 1,
    }
    page = await metrics(process)
    assert 'stratum_shares_rejected_total{pool="btc",reason="unauthorized"} 1.0' in page
    assert 'stratum_shares_accepted_total{pool="btc"} 1.0' in page
    assert "nomp_ready 1.0" in page


async def test_a_burst_of_shares_in_one_packet_is_answered_share_by_share(stage: Stage) -> None:
    job = await stage.publish(make_job("1"))
    process = await stage.start()
    miner = await stage.clients.mine(process.port)
    solutions = miner.solutions(job, 300)

    request_ids = [miner.submit(solution) for solution in solutions]

    assert [(await miner.reply(one))["result"] for one in request_ids] == [True] * 300
    stored = await stage.stored_shares(300)
    assert len(stored) == 300
    assert len({share.share_difficulty for share in stored}) == 300


async def test_a_block_is_announced_and_marks_its_round_also_where_the_port_asks_for_more(
    stage: Stage,
) -> None:
    job = await stage.publish(make_job("1", bits=REGTEST_BITS))
    process = await stage.start(difficulty=1e6)
    miner = await stage.clients.mine(process.port)
    block = solve(job, miner.extranonce1_hex, at_most=int(job.network_target_hex, 16))

    assert (await miner.reply(miner.submit(block)))["result"] is True

    (share,) = await stage.stored_shares(1)
    found = await stage.bus.last(subjects.BLOCK_FOUND, POOL)
    assert found
    assert share.block_hash_display == found.block_hash_display
    assert share.reward_sats == found.reward_sats == job.reward_sats
    network_target = int(job.network_target_hex, 16)
    assert share.network_difficulty == difficulty_from_target(network_target, coin().multiplier)
    assert await miner.notification("mining.set_difficulty") == [share.difficulty]
    assert share.difficulty == found.difficulty < 1e-9
    header = bytes.fromhex(found.header_hex)
    assert coin().pow_hash(header)[::-1].hex() == found.block_hash_display
    assert int(found.block_hash_display, 16) == block.hash_int
    assert bytes.fromhex(miner.extranonce1_hex + block.extranonce2_hex) in bytes.fromhex(found.coinbase_hex)
    assert (found.job_id, found.template_id, found.height) == ("1", "template-1", 101)


async def test_the_same_slow_share_twice_at_once_counts_once(stage: Stage) -> None:
    job = await stage.publish(make_job("1", of=LITECOIN))
    process = await stage.start(coin="litecoin.json", address=LITECOIN_ADDRESS)
    miner = await stage.clients.mine(process.port, worker=LITECOIN_ADDRESS)
    solution = solve(job, miner.extranonce1_hex, at_most=target_of(EASY, LITECOIN), of=LITECOIN)

    request_ids = [miner.submit(solution, worker=LITECOIN_ADDRESS) for _ in range(5)]
    errors = [(await miner.reply(one))["error"] for one in request_ids]

    assert errors == [None, *[ERRORS[RejectReason.DUPLICATE]] * 4]
    batches = await stage.stored_batches(1, rejects=4)
    assert sum(len(batch.shares) for batch in batches) == 1


async def test_replicas_on_one_port_have_different_prefixes(stage: Stage) -> None:
    await stage.publish(make_job("1"))
    one = await stage.start()
    two = one.twin("two")
    try:
        await two.start()
        prefixes: dict[str, set[str]] = {}
        for _ in range(64):  # the kernel deals connections out by hash
            miner = await stage.clients.mine(one.port)
            prefixes.setdefault(miner.extranonce1_hex[:4], set()).add(miner.extranonce1_hex)
            await miner.close()
    finally:
        await two.end()

    assert len(prefixes) == 2
    assert sum(map(len, prefixes.values())) == 64


async def test_a_job_reaches_all_subscribers_and_earlier_work_counts_until_it_is_clean(stage: Stage) -> None:
    process = await stage.start()
    miners = [await stage.clients.mine(process.port) for _ in range(5)]
    first = await stage.publish(make_job("1"))
    for miner in miners:
        assert (await miner.notification("mining.notify"))[0] == "1"
    await stage.publish(make_job("2", clean=False))
    for miner in miners:
        job_id, *_, clean = await miner.notification("mining.notify")
        assert (job_id, clean) == ("2", False)

    replies = [await miner.reply(miner.submit(miner.solutions(first, 1)[0])) for miner in miners]

    assert [reply["result"] for reply in replies] == [True] * 5


async def test_the_pulse_tells_who_is_connected_and_what_happened(stage: Stage) -> None:
    pulses: list[ReplicaStats] = []

    async def keep(pulse: ReplicaStats) -> None:
        pulses.append(pulse)

    await stage.bus.subscribe(subjects.REPLICA_STATS, keep)
    job = await stage.publish(make_job("1"))
    process = await stage.start()
    miner = await stage.clients.mine(process.port)
    (solution,) = miner.solutions(job, 1)
    await miner.reply(miner.submit(solution))
    await miner.reply(miner.submit(solution))

    await wait_until(lambda: any(pulse.accepted for pulse in pulses), what="a pulse after the share")

    last = pulses[-1]
    assert (last.pool, last.replica, last.connections, last.workers) == (POOL, "one", 1, 1)
    assert (last.accepted, last.rejected, last.blocks) == (1, {"duplicate": 1}, 0)


async def test_a_session_leaves_one_line_with_its_totals(stage: Stage) -> None:
    job = await stage.publish(make_job("1"))
    process = await stage.start()
    miner = await stage.clients.mine(process.port)
    (solution,) = miner.solutions(job, 1)
    await miner.reply(miner.submit(solution))
    await miner.reply(miner.submit(solution))
    await miner.close()

    await wait_until(lambda: bool(process.logged("session ended")), what="the closing line")

    (line,) = process.logged("session ended")
    facts = {key: line[key] for key in ("pool", "port", "ip", "worker", "accepted", "rejected", "reason")}
    assert facts == {
        "pool": POOL,
        "port": process.port,
        "ip": "127.0.0.1",
        "worker": WORKER,
        "accepted": 1,
        "rejected": 1,
        "reason": "closed-by-miner",
    }


async def test_where_every_hash_is_wanted_a_share_carries_its_headers(stage: Stage) -> None:
    job = await stage.publish(make_job("1"))
    process = await stage.start(emitInvalidBlockHashes=True)
    miner = await stage.clients.mine(process.port)
    (solution,) = miner.solutions(job, 1)
    await miner.reply(miner.submit(solution))

    (share,) = await stage.stored_shares(1)

    assert share.hash_display == f"{solution.hash_int:064x}"
    assert share.block_hash_display == ""
