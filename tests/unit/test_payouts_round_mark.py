"""A mark in the share log ends a round and gets nothing of it, unless there is nobody else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nompcore.bus import Stored
from nompcore.target import WORK_PER_DIFFICULTY
from services.payouts.control.upstream_reward_order import round_end
from services.payouts.counting.round_mark import MARK_WORK, MARK_WORKER, is_mark, without_mark
from services.payouts.counting.tally_batch import Candidate, fold
from tests.unit.payouts_samples import share

TXID = "ab" * 32


def candidate(worker: str) -> Candidate:
    return Candidate(TXID, 0, worker, "pool", MARK_WORK / WORK_PER_DIFFICULTY, 0, 1)


def test_the_mark_ends_the_round_with_the_least_work_there_is() -> None:
    batch = fold([Stored(7, round_end("ltc", TXID, "pool", 1))])

    ended = batch.parts[0]
    assert ended.by_address == {"pool": MARK_WORK}
    assert ended.candidate is not None
    assert (ended.candidate.worker, ended.candidate.block_hash_display) == (MARK_WORKER, TXID)


@given(st.dictionaries(st.sampled_from(["a", "b", "pool"]), st.integers(1, 1 << 80), min_size=1))
def test_miners_have_what_they_had_before_it(weights: dict[str, int]) -> None:
    marked = {**weights, "pool": weights.get("pool", 0) + MARK_WORK}

    assert without_mark(candidate(MARK_WORKER), marked) == weights
    assert without_mark(candidate("a.rig"), marked) == marked


def test_a_miner_of_its_name_is_a_miner() -> None:
    mined = share(MARK_WORKER)
    block = Candidate(TXID, 1, MARK_WORKER, "a", 1.0, 0, 1)

    assert not is_mark(mined)
    assert is_mark(round_end("ltc", TXID, "pool", 1).shares[0])
    assert without_mark(block, {"a": 5}) == {"a": 5}


def test_what_nobody_mined_for_is_the_pools() -> None:
    assert without_mark(candidate(MARK_WORKER), {"pool": MARK_WORK}) == {"pool": MARK_WORK}
