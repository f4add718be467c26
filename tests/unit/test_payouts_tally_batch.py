"""Readings of the share log, summed up."""

from __future__ import annotations

from collections import Counter

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from nompcore.messages import RejectCount, Share
from nompcore.target import WORK_PER_DIFFICULTY, work_from_difficulty
from services.payouts.counting.groups import Groups
from services.payouts.counting.tally_batch import BUCKET_SECONDS, Candidate, Mark, bucket_of, fold
from services.payouts.counting.tally_form import pieces
from tests.unit.payouts_samples import START_MS, block_hash, share, share_batch, stored


def test_work_is_summed_by_address_and_by_worker() -> None:
    tally = fold(stored(share_batch([share("a.1", 2), share("a.2", 3), share("b", 5)])))
    (part,) = tally.parts
    assert part.by_address == {"a": 5 * WORK_PER_DIFFICULTY, "b": 5 * WORK_PER_DIFFICULTY}
    assert part.by_worker == {name: n * WORK_PER_DIFFICULTY for name, n in (("a.1", 2), ("a.2", 3), ("b", 5))}


def test_a_candidate_is_the_last_share_of_its_part() -> None:
    found = share("b", 1, block=block_hash(1), reward_sats=50)
    tally = fold(stored(share_batch([share("a", 1), found]), share_batch([share("c", 1)]), first=7))
    first, second = tally.parts
    assert set(first.by_address) == {"a", "b"}
    assert first.candidate is not None
    assert first.candidate.block_hash_display == block_hash(1)
    assert set(second.by_address) == {"c"}
    assert second.candidate is None


def test_two_candidates_in_one_message_end_two_parts() -> None:
    shares = [share("a", 1, block=block_hash(1)), share("b", 1, block=block_hash(2)), share("c")]
    tally = fold(stored(share_batch(shares)))
    assert [set(part.by_address) for part in tally.parts] == [{"a"}, {"b"}, {"c"}]


def test_a_candidate_travels_whole() -> None:
    found = share("a.rig", 2, block=block_hash(9), height=77, reward_sats=123, network_difficulty=1000)
    tally = fold(stored(share_batch([found]), first=9))
    (piece,) = pieces(tally, bucket_life_seconds=900)
    steps = msgspec.msgpack.decode(piece)["steps"]
    (meta,) = (step[4] for step in steps if step[0] == "end")
    assert msgspec.json.decode(meta, type=Candidate) == Candidate(
        block_hash(9), 77, "a.rig", "a", 2, 123, START_MS, 9, 1000.0
    )


def test_times_decide_the_bucket() -> None:
    later = START_MS + BUCKET_SECONDS * 1000
    tally = fold(stored(share_batch([share("a", 1), share("a", 1, time_ms=later)])))
    assert [works for _, works in sorted(tally.buckets.items())] == [{"a": WORK_PER_DIFFICULTY}] * 2


def test_refused_shares_are_counted_by_reason_and_weigh_nothing() -> None:
    rejects = [
        RejectCount(worker="a", reason="stale", count=2),
        RejectCount(worker="a", reason="stale", count=3),
    ]
    tally = fold(stored(share_batch([], rejects=rejects)))
    assert tally.refused == {"a": {"stale": 5}}
    assert tally.refused_total == 5
    assert tally.parts[0].by_address == {}


def test_a_share_without_difficulty_is_counted_and_weighs_nothing() -> None:
    tally = fold(stored(share_batch([share("a", 0), share("a", -1), share("a", 1)])))
    assert tally.worthless == 2
    assert tally.parts[0].by_address == {"a": WORK_PER_DIFFICULTY}
    assert tally.valid == {"a": 1}


def test_each_group_has_rounds_of_its_own() -> None:
    groups = Groups({3334: ((0, "solo"),)})
    found = share("s", 1, block=block_hash(1), port=3334)
    shares = [share("a", 1), share("s", 2, port=3334), found, share("a", 4), share("s", 8, port=3334)]
    tally = fold(stored(share_batch(shares)), groups)
    works = [(part.group, {name: work // WORK_PER_DIFFICULTY for name, work in part.by_address.items()})
             for part in tally.parts]  # fmt: skip
    assert works == [("", {"a": 5}), ("solo", {"s": 3}), ("solo", {"s": 8})]
    ended = [part.candidate for part in tally.parts if part.candidate is not None]
    assert [(candidate.group, candidate.mark) for candidate in ended] == [
        ("solo", Mark(block_hash(1), 1, START_MS))
    ]


def test_a_port_that_changed_groups_takes_no_share_with_it() -> None:
    groups = Groups({3334: ((START_MS, "solo"), (START_MS + 10, ""))})
    times = (START_MS - 1, START_MS, START_MS + 9, START_MS + 10)
    shares = [share("a", 1, port=3334, time_ms=time_ms) for time_ms in times]
    assert [groups.of(each) for each in shares] == ["", "solo", "solo", ""]


PORTS = {3333: "", 3334: "solo"}
shares_found = st.lists(
    st.builds(
        lambda name, rig, difficulty, bucket, port, best: msgspec.structs.replace(
            share(f"{name}.{rig}", difficulty, time_ms=START_MS + bucket * BUCKET_SECONDS * 1000, port=port),
            share_difficulty=difficulty * best,
        ),
        st.sampled_from("ab"),
        st.sampled_from("12"),
        st.sampled_from((0.5, 1.0, 2.0**40)),
        st.integers(0, 2),
        st.sampled_from([*PORTS]),
        st.integers(1, 9),
    ),
    max_size=30,
)


@given(shares_found, st.integers(0, 29))
def test_sums_are_those_of_single_shares(found: list[Share], block: int) -> None:
    if block < len(found):
        found[block] = msgspec.structs.replace(found[block], block_hash_display=block_hash(1))
    tally = fold(
        stored(*(share_batch([each]) for each in found), share_batch([])), Groups({3334: ((0, "solo"),)})
    )
    rounds: dict[tuple[str, bool], Counter[str]] = {}
    by_worker: dict[tuple[str, bool], Counter[str]] = {}
    buckets: dict[int, Counter[str]] = {}
    for number, each in enumerate(found):
        work = work_from_difficulty(each.difficulty)
        place = (PORTS[each.port], block < len(found) and number > block and each.port == found[block].port)
        rounds.setdefault(place, Counter())[each.address] += work
        by_worker.setdefault(place, Counter())[each.worker] += work
        buckets.setdefault(bucket_of(each.time_ms), Counter())[each.worker] += work
    ended = {part.group for part in tally.parts if part.candidate is not None}
    places = [(part.group, part.candidate is None and part.group in ended) for part in tally.parts]
    assert {
        place: part.by_address for place, part in zip(places, tally.parts, strict=True) if part.by_address
    } == rounds
    assert {
        place: part.by_worker for place, part in zip(places, tally.parts, strict=True) if part.by_worker
    } == by_worker
    assert tally.buckets == buckets
    assert tally.valid == Counter(each.worker for each in found)
    assert tally.best == {
        name: max(each.share_difficulty for each in found if each.worker == name) for name in tally.valid
    }
    assert {name: newest.time_ms for name, newest in tally.newest.items()} == {
        name: max(each.time_ms for each in found if each.worker == name) for name in tally.valid
    }
    assert tally.last_share_ms == max((each.time_ms for each in found), default=0)


def test_a_candidate_of_the_first_versions_is_read() -> None:
    stored_before = (
        b'{"block_hash_display":"x","height":7,"worker":"a.rig","address":"a","difficulty":1.0,'
        b'"reward_sats":5,"time_ms":9}'
    )
    read = msgspec.json.decode(stored_before, type=Candidate)
    assert (read.sequence, read.network_difficulty, read.group) == (0, 0.0, "")
