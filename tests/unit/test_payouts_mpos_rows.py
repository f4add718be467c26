"""Shares and refusals → rows of MPOS's table."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.bus import Stored
from nompcore.errors import RejectReason
from nompcore.messages import RejectCount, Share, ShareBatch
from services.payouts.mpos.mpos_recorder import MAX_SHARES, pieces
from services.payouts.mpos.mpos_rows import LIFT_MS, MAX_REJECT_ROWS, MposRow, MposRows
from services.payouts.mpos.mpos_tables import MAX_DIFFICULTY
from tests.unit.payouts_samples import START_MS, block_hash, share, share_batch

NOW_MS = START_MS + 3_600_000


def rows_of(batch: ShareBatch, multiplier: float = 1, *, row_ms: int = 0) -> MposRows:
    rows = MposRows(row_ms=row_ms, share_ms=0)
    rows.add(batch, multiplier, NOW_MS)
    return rows


def changed(one: Share, **fields: object) -> Share:
    return msgspec.structs.replace(one, **fields)


def test_an_accepted_share_is_a_row() -> None:
    rows = rows_of(share_batch([share("alice.rig1", 8.0)]), 256)

    assert rows.rows == [
        MposRow(
            time_ms=START_MS,
            rem_host="192.0.2.1",
            username="alice.rig1",
            our_result="Y",
            upstream_result="N",
            reason=None,
            solution="",
            difficulty=2048.0,
        )
    ]
    assert (rows.row_ms, rows.share_ms, rows.difficulties) == (START_MS, START_MS, {"alice.rig1": 8.0})


def test_a_candidate_has_the_block_hash_in_lower_case_and_other_shares_their_own_where_it_is_known() -> None:
    plain = share("a")
    hashed = changed(plain, hash_display="AB" * 32)
    found = changed(share("a", block="CD" * 32), hash_display="ef" * 32)

    rows = rows_of(share_batch([plain, hashed, found])).rows

    assert [row.solution for row in rows] == ["", "ab" * 32, "cd" * 32]
    assert {row.upstream_result for row in rows} == {"N"}


def test_a_refused_share_is_a_row_with_what_is_known_of_it() -> None:
    rejects = [RejectCount(worker="alice.rig1", reason="stale", count=2)]
    rejects.append(RejectCount(worker="bob", reason="low-difficulty", count=1))

    rows = rows_of(share_batch([share("alice.rig1", 8.0)], rejects=rejects), 2).rows[1:]

    assert [(row.username, row.reason, row.rem_host, row.difficulty) for row in rows] == [
        ("alice.rig1", "job not found", "192.0.2.1", 16.0),
        ("alice.rig1", "job not found", "192.0.2.1", 16.0),
        ("bob", "low difficulty share", "", 0),
    ]
    assert {(row.our_result, row.upstream_result, row.solution, row.time_ms) for row in rows} == {
        ("N", "N", "", START_MS)
    }


@pytest.mark.parametrize("reason", RejectReason)
def test_every_reason_fits_and_is_the_text_the_miner_got(reason: RejectReason) -> None:
    rejects = [RejectCount(worker="a", reason=reason.code, count=1)]
    (row,) = rows_of(share_batch([], rejects=rejects)).rows
    assert row.reason == reason.text
    assert len(reason.text) <= 50


def test_a_reason_of_a_later_version_is_cut() -> None:
    rejects = [RejectCount(worker="a", reason="x" * 60, count=1)]
    (row,) = rows_of(share_batch([], rejects=rejects)).rows
    assert row.reason == "x" * 50


def test_refusals_without_a_share_have_the_last_rows_time_or_else_the_present() -> None:
    rejects = [RejectCount(worker="a", reason="stale", count=1)]
    assert rows_of(share_batch([], rejects=rejects), row_ms=START_MS).rows[0].time_ms == START_MS
    assert rows_of(share_batch([], rejects=rejects)).rows[0].time_ms == NOW_MS


def test_texts_are_cut_to_the_columns() -> None:
    long = changed(share("a" * 200), ip="1" * 300)
    (row,) = rows_of(share_batch([long])).rows
    assert (len(row.username), len(row.rem_host)) == (120, 255)


@pytest.mark.parametrize("difficulty", [0.0, -1.0, float("inf"), float("nan")])
def test_a_share_without_a_difficulty_is_counted_and_left_out(difficulty: float) -> None:
    """MPOS would take 0 for its configured difficulty."""
    rows = rows_of(share_batch([share("a", difficulty)]))
    assert (rows.rows, rows.worthless) == ([], 1)


def test_a_difficulty_fits_the_column() -> None:
    assert rows_of(share_batch([share("a", 1e300)]), 256).rows[0].difficulty == MAX_DIFFICULTY


def test_the_clock_of_a_replica_that_is_a_little_behind_does_not_step_rows_back() -> None:
    times = [START_MS, START_MS - LIFT_MS, START_MS - LIFT_MS - 1, START_MS + 1]
    batch = share_batch([share("a", time_ms=time_ms) for time_ms in times])
    assert [row.time_ms for row in rows_of(batch).rows] == [
        START_MS,
        START_MS,
        START_MS - LIFT_MS - 1,  # a wrong clock: its time stays
        START_MS + 1,
    ]


SHARES = st.builds(
    share,
    st.sampled_from(["alice.1", "alice.2", "bob.1", "carol"]),
    st.floats(1e-9, 1e12),
    time_ms=st.integers(START_MS, START_MS + LIFT_MS),
    block=st.sampled_from(["", "", block_hash(1)]),
)
REJECTS = st.builds(
    RejectCount,
    worker=st.sampled_from(["alice.1", "bob.1", "x"]),
    reason=st.sampled_from(["stale", "duplicate", "unheard-of"]),
    count=st.integers(0, 200),
)
BATCHES = st.builds(share_batch, st.lists(SHARES, max_size=10), rejects=st.lists(REJECTS, max_size=6))


@given(st.lists(BATCHES, max_size=5), st.sampled_from([0.5, 1, 256]))
def test_rows_are_the_log(log: list[ShareBatch], multiplier: float) -> None:
    rows = MposRows(row_ms=0, share_ms=0)
    for batch in log:
        rows.add(batch, multiplier, START_MS)

    shares = [one for batch in log for one in batch.shares]
    good = [row for row in rows.rows if row.our_result == "Y"]
    assert [row.username for row in good] == [one.worker for one in shares]
    assert [row.difficulty for row in good] == [one.difficulty * multiplier for one in shares]
    times = [row.time_ms for row in rows.rows]
    assert times == sorted(times)
    assert rows.share_ms == max((one.time_ms for one in shares), default=0)
    assert rows.difficulties == {one.worker: one.difficulty for one in shares}

    refused = len(rows.rows) - len(good)
    counted = sum(count.count for batch in log for count in batch.rejects)
    assert refused + rows.rejects_left_out == counted
    reasons = {count.reason for batch in log for count in batch.rejects}
    assert refused <= MAX_REJECT_ROWS * len(reasons) * len(log)


@given(st.lists(BATCHES, max_size=5), st.integers(0, 5))
def test_a_log_read_in_two_goes_gives_the_same_rows(log: list[ShareBatch], cut: int) -> None:
    whole = MposRows(row_ms=0, share_ms=0)
    for batch in log:
        whole.add(batch, 1, START_MS)
    first = MposRows(row_ms=0, share_ms=0)
    for batch in log[:cut]:
        first.add(batch, 1, START_MS)
    second = MposRows(row_ms=first.row_ms, share_ms=first.share_ms)
    for batch in log[cut:]:
        second.add(batch, 1, START_MS)

    assert first.rows + second.rows == whole.rows
    assert (second.row_ms, second.share_ms) == (whole.row_ms, whole.share_ms)


@given(st.lists(st.integers(0, MAX_SHARES), max_size=12))
def test_pieces_are_the_reading_and_none_is_much_too_large(sizes: list[int]) -> None:
    one = share("a")
    stored = [Stored(number, share_batch([one] * size)) for number, size in enumerate(sizes)]
    cut = list(pieces(stored))
    assert [entry for piece in cut for entry in piece] == stored
    assert all(sum(len(entry.message.shares) for entry in piece[:-1]) < MAX_SHARES for piece in cut)
    assert all(piece for piece in cut)
