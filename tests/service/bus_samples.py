"""Messages for tests of the bus."""

from __future__ import annotations

from nompcore import messages as m

POOL = "litecoin"


def share_batch(number: int, pool: str = POOL) -> m.ShareBatch:
    """A batch without shares, told from others by its id."""
    return m.ShareBatch(pool=pool, batch_id=str(number), replica="r1", shares=[])


def job(height: int) -> m.Job:
    """A job, told from others by its height."""
    return m.Job(
        pool=POOL,
        job_id=f"{height:x}",
        template_id=f"{height:x}",
        height=height,
        prevhash_hex="00" * 32,
        coinb1_hex="",
        coinb2_hex="",
        merkle_branch_hex=[],
        version=1,
        nbits_hex="207fffff",
        ntime=1,
        network_target_hex="ff" * 32,
        clean_jobs=True,
        reward_sats=1,
        created_ms=1,
    )


def block_submitted(height: int) -> m.BlockSubmitted:
    """A block, told from others by its height."""
    return m.BlockSubmitted(
        pool=POOL,
        height=height,
        block_hash_display="00" * 32,
        coinbase_txid_display="00" * 32,
        worker="a.rig",
        address="a",
        difficulty=1.0,
        reward_sats=1,
        time_ms=1,
        status="accepted",
    )
