from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nompcore.errors import RejectReason
from nompcore.messages import RejectCount, Share
from services.stratum import share_batch as b
from services.stratum.share_batch import JointAnswer, Settlement, ShareQueue

STORED, UNCERTAIN, DROPPED = Settlement.STORED, Settlement.UNCERTAIN, Settlement.DROPPED


def share(job_id: str = "1", block: str = "") -> Share:
    return Share(
        worker="a.r",
        address="a",
        difficulty=1,
        share_difficulty=2,
        job_id=job_id,
        height=1,
        time_ms=1,
        ip="192.0.2.1",
        port=3333,
        block_hash_display=block,
    )


class Answers(list[tuple[str, Settlement]]):
    """What each share's miner was told, in order."""

    def of(self, name: str) -> b.Settle:
        return lambda settlement: self.append((name, settlement))


def take(queue: ShareQueue) -> b.PendingBatch:
    return queue.take("btc", "id", "replica")


def test_a_batch_holds_shares_in_the_order_of_acceptance_and_the_counts_of_refused_ones() -> None:
    queue, answers = ShareQueue(), Answers()
    for name in ("1", "2", "3"):
        queue.add(share(name), answers.of(name), 0)
    for _ in range(3):
        queue.reject("a.r", RejectReason.STALE)
    queue.reject("a.s", RejectReason.STALE)

    message = take(queue).message

    assert [one.job_id for one in message.shares] == ["1", "2", "3"]
    assert message.rejects == [
        RejectCount(worker="a.r", reason="stale", count=3),
        RejectCount(worker="a.s", reason="stale", count=1),
    ]
    assert (len(queue), queue.rejects) == (0, 0)


def test_a_batch_is_bounded_and_the_rest_waits() -> None:
    queue, answers = ShareQueue(), Answers()
    for number in range(b.MAX_BATCH_SHARES + 7):
        queue.add(share(str(number)), answers.of(""), 0)
    for number in range(b.MAX_BATCH_REJECTS + 5):
        queue.reject(str(number), RejectReason.DUPLICATE)

    first = take(queue).message

    assert (len(first.shares), len(first.rejects)) == (b.MAX_BATCH_SHARES, b.MAX_BATCH_REJECTS)
    assert (len(queue), queue.rejects) == (7, 5)
    assert take(queue).message.shares[0].job_id == str(b.MAX_BATCH_SHARES)


def test_each_share_is_settled_once() -> None:
    queue, answers = ShareQueue(), Answers()
    queue.add(share(), answers.of("1"), 0)
    batch = take(queue)

    batch.expire(b.ANSWER_SECONDS)
    batch.tell(STORED)

    assert answers == [("1", UNCERTAIN)]


def test_a_travelling_share_is_uncertain_after_the_deadline_and_not_before() -> None:
    queue, answers = ShareQueue(), Answers()
    queue.add(share(), answers.of("old"), 0)
    queue.add(share(), answers.of("new"), 5)
    batch = take(queue)

    batch.expire(b.ANSWER_SECONDS - 0.1)
    assert answers == []
    batch.expire(b.ANSWER_SECONDS + 0.1)
    assert answers == [("old", UNCERTAIN)]
    batch.tell(STORED)
    assert answers == [("old", UNCERTAIN), ("new", STORED)]


def test_a_waiting_share_is_dropped_after_the_deadline_but_a_candidate_keeps_its_place() -> None:
    queue, answers = ShareQueue(), Answers()
    queue.add(share("1"), answers.of("1"), 0)
    queue.add(share("2", block="ab"), answers.of("2"), 0)
    queue.add(share("3", block="cd"), answers.of("3"), 0)
    queue.add(share("4"), answers.of("4"), 5)

    queue.expire(b.ANSWER_SECONDS)
    queue.expire(b.ANSWER_SECONDS)

    assert answers == [("1", DROPPED), ("2", UNCERTAIN), ("3", UNCERTAIN)]
    assert [one.job_id for one in take(queue).message.shares] == ["2", "3", "4"]


def test_a_full_queue_takes_no_share_but_a_candidate() -> None:
    queue, answers = ShareQueue(), Answers()
    for _ in range(b.MAX_WAITING_SHARES):
        assert queue.add(share(), answers.of(""), 0)

    assert not queue.add(share(), answers.of(""), 0)
    assert queue.add(share(block="ab"), answers.of(""), 0)


def test_the_counts_of_refused_shares_are_bounded_but_known_ones_still_grow() -> None:
    queue = ShareQueue()
    for number in range(b.MAX_WAITING_REJECTS):
        assert queue.reject(str(number), RejectReason.STALE)

    assert not queue.reject("one more", RejectReason.STALE)
    assert queue.reject("0", RejectReason.STALE)
    assert take(queue).message.rejects[0].count == 2


def test_a_batch_knows_its_candidates() -> None:
    queue, answers = ShareQueue(), Answers()
    queue.add(share(), answers.of(""), 0)
    queue.add(share(block="ab"), answers.of(""), 0)

    assert take(queue).candidates == 1


def test_the_oldest_share_has_waited_longest() -> None:
    queue, answers = ShareQueue(), Answers()
    queue.add(share("1"), answers.of("1"), 100.0)
    queue.add(share("2"), answers.of("2"), 101.0)

    assert queue.waited_seconds(103.0) == 3.0


@given(st.integers(0, b.MAX_BATCH_SHARES))
def test_a_batch_gathers_the_longer_the_more_shares_come(shares: int) -> None:
    assert b.gather_seconds(0) == b.SHORTEST_GATHER_SECONDS
    assert b.gather_seconds(shares) <= b.gather_seconds(shares + 1) <= b.LONGEST_GATHER_SECONDS
    assert b.gather_seconds(b.MAX_BATCH_SHARES) == b.LONGEST_GATHER_SECONDS


@given(st.lists(st.sampled_from(list(Settlement)), min_size=2, max_size=2))
def test_a_joint_answer_is_given_once_and_is_stored_only_if_both_are(outcomes: list[Settlement]) -> None:
    answers = Answers()
    joint = JointAnswer(2, answers.of("both"))

    for outcome in outcomes:
        joint.tell(outcome)

    unstored = [outcome for outcome in outcomes if outcome is not STORED]
    assert answers == [("both", unstored[0] if unstored else STORED)]


def test_a_joint_answer_waits_for_the_second_store() -> None:
    answers = Answers()
    joint = JointAnswer(2, answers.of("both"))

    joint.tell(STORED)

    assert answers == []
