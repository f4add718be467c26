"""jobmaker as a process against real NATS and litecoind: which jobs it publishes, and when."""

from __future__ import annotations

import contextlib

from nompcore.errors import BusError
from nompcore.messages import Tip
from nompcore.subjects import JOB, TIP
from tests.servers import wait_until
from tests.servers.block_finder import find_block
from tests.servers.jobmaker_process import POOL
from tests.servers.regtest_chain import pay_with_witness
from tests.service.jobmaker_rig import Rig


async def test_a_block_of_somebody_else_makes_a_clean_job(rig: Rig) -> None:
    await rig.jobmaker()
    first = await rig.miners.job()
    assert first.clean_jobs

    await rig.mine()
    second = await rig.miners.job(lambda job: job.height == first.height + 1)

    assert second.clean_jobs
    assert second.job_id > first.job_id
    assert second.prevhash_hex != first.prevhash_hex


async def test_new_transactions_make_a_job_beside_the_old_one(rig: Rig) -> None:
    await rig.mine(101)
    await rig.jobmaker(txRefreshInterval=200, jobRebroadcastTimeout=0)
    first = await rig.miners.job()

    await pay_with_witness(rig.node)
    second = await rig.miners.job(lambda job: job.merkle_branch_hex != [])

    assert not second.clean_jobs
    assert second.prevhash_hex == first.prevhash_hex
    assert second.reward_sats > first.reward_sats


async def test_an_old_job_is_rebroadcast_under_a_new_id(rig: Rig) -> None:
    await rig.jobmaker(jobRebroadcastTimeout=1)
    first = await rig.miners.job()

    second = await rig.miners.job(lambda job: job.job_id != first.job_id)

    assert not second.clean_jobs
    assert second.template_id == first.template_id
    assert second.ntime >= first.ntime


async def test_a_tip_message_wakes_a_jobmaker_that_polls_once_a_minute(rig: Rig) -> None:
    await rig.jobmaker(blockRefreshInterval=60_000)
    first = await rig.miners.job()
    await rig.mine()

    await rig.miners.bus.send(TIP, Tip(pool=POOL, source="blocknotify"), pool=POOL)

    await rig.miners.job(lambda job: job.height == first.height + 1)


async def test_after_the_pools_own_block_miners_get_work_on_top_of_it(rig: Rig) -> None:
    await rig.jobmaker(blockRefreshInterval=60_000)
    job = await rig.miners.job()

    await rig.miners.publish(find_block(job, rig.miners.coin))
    following = await rig.miners.job(lambda new: new.height == job.height + 1)

    assert following.clean_jobs


async def test_the_job_is_published_again_after_nats_lost_it(rig: Rig) -> None:
    await rig.jobmaker(jobRebroadcastTimeout=0)
    job = await rig.miners.job()

    await rig.nats.restart_after_kill()

    async def known_again() -> bool:
        with contextlib.suppress(BusError):
            return await rig.miners.bus.last(JOB, POOL) == job
        return False

    await wait_until(known_again, what="the job in JOBS")


async def test_a_tip_while_nats_is_away_becomes_a_job_when_it_is_back(rig: Rig) -> None:
    await rig.jobmaker()
    first = await rig.miners.job()
    await rig.nats.kill()
    await rig.mine()
    await rig.nats.start()

    await rig.miners.job(lambda job: job.height == first.height + 1)


async def test_of_two_replicas_one_publishes_and_the_other_takes_over(rig: Rig) -> None:
    first = await rig.jobmaker(replica="jobmaker-1")
    job = await rig.miners.job()
    await rig.jobmaker(replica="jobmaker-2")
    for _ in range(3):
        await rig.mine()
        job = await rig.miners.job(lambda new, old=job: new.height > old.height)  # type: ignore[misc]
    makers = {each.job_id[-2:] for each in rig.miners.jobs}
    assert len(makers) == 1

    await first.kill()
    taken_over = await rig.miners.job(lambda new: new.job_id[-2:] not in makers)

    assert taken_over.job_id > job.job_id
    assert not taken_over.clean_jobs


async def test_a_leader_that_was_suspended_publishes_nothing_after_it_lost_the_lease(rig: Rig) -> None:
    first = await rig.jobmaker(replica="jobmaker-1")
    job = await rig.miners.job()
    await rig.jobmaker(replica="jobmaker-2")
    first.freeze()
    taken_over = await rig.miners.job(lambda new: new.job_id[-2:] != job.job_id[-2:])
    count = len(rig.miners.jobs)

    first.thaw()
    for ahead in (1, 2, 3):
        await rig.mine()
        await rig.miners.job(lambda new, ahead=ahead: new.height == taken_over.height + ahead)  # type: ignore[misc]

    assert {each.job_id[-2:] for each in rig.miners.jobs[count:]} == {taken_over.job_id[-2:]}
