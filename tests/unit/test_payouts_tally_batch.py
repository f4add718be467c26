"""Readings of the share log, summed up."""

from __future__ import annotations

import msgspec

from nompcore.messages import RejectCount
from nompcore.target import WORK_PER_DIFFICULTY
from services.payouts.tally_batch import BUCKET_SECONDS, Candidate, fold
from tests.unit.payouts_samples import START_MS, block_hash, share, share_batch


def test_work_is_summed_by_address_and_by_worker() -> None:
    tally = fold([share_batch([share("a.1", 2), share("a.2", 3), share("b", 5)])], 7)
    (part,) = tally.parts
    assert part.by_address == {"a": 5 * WORK_PER_DIFFICULTY, "b": 5 * WORK_PER_DIFFICULTY}
    assert part.by_worker == {name: n * WORK_PER_DIFFICULTY for name, n in (("a.1", 2), ("a.2", 3), ("b", 5))}


def test_a_candidate_is_the_last_share_of_its_part() -> None:
    found = share("b", 1, block=block_hash(1), reward_sats=50)
    tally = fold([share_batch([share("a", 1), found]), share_batch([share("c", 1)])], 8)
    first, second = tally.parts
    assert set(first.by_address) == {"a", "b"}
    assert first.candidate is not None
    assert first.candidate.block_hash_display == block_hash(1)
    assert set(second.by_address) == {"c"}
    assert second.candidate is None


def test_two_candidates_in_one_message_end_two_parts() -> None:
    shares = [share("a", 1, block=block_hash(1)), share("b", 1, block=block_hash(2)), share("c")]
    tally = fold([share_batch(shares)], 1)
    assert [set(part.by_address) for part in tally.parts] == [{"a"}, {"b"}, {"c"}]


def test_a_candidate_travels_whole() -> None:
    found = share("a.rig", 2, block=block_hash(9), height=77, reward_sats=123)
    tally = fold([share_batch([found])], 1)
    form = msgspec.json.decode(tally.encode())
    meta = msgspec.json.decode(form["parts"][0]["candidate"]["meta"], type=Candidate)
    assert meta == Candidate(block_hash(9), 77, "a.rig", "a", 2, 123, START_MS)


def test_times_decide_the_bucket() -> None:
    later = START_MS + BUCKET_SECONDS * 1000
    tally = fold([share_batch([share("a", 1), share("a", 1, time_ms=later)])], 1)
    assert [works for _, works in sorted(tally.buckets.items())] == [{"a": WORK_PER_DIFFICULTY}] * 2


def test_refused_shares_are_counted_by_reason_and_weigh_nothing() -> None:
    rejects = [
        RejectCount(worker="a", reason="stale", count=2),
        RejectCount(worker="a", reason="stale", count=3),
    ]
    tally = fold([share_batch([], rejects=rejects)], 1)
    assert tally.workers["a"].invalid == {"stale": 5}
    assert tally.invalid == 5
    assert tally.parts[0].by_address == {}


def test_a_share_without_difficulty_is_counted_and_weighs_nothing() -> None:
    tally = fold([share_batch([share("a", 0), share("a", -1), share("a", 1)])], 1)
    assert tally.worthless == 2
    assert tally.parts[0].by_address == {"a": WORK_PER_DIFFICULTY}
    assert tally.valid == 1
