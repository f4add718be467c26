"""Short extranonce1 are given again, and never while somebody could hold work of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.stratum.extranonce import ReturningAllocator, upstream_layout

LAYOUT = upstream_layout("ltc")


class Jobs:
    """The ages of a registry's jobs."""

    def __init__(self) -> None:
        self._serial = self.oldest_serial = 1

    @property
    def serial(self) -> int:
        return self._serial

    def add(self, *, clean: bool) -> None:
        self._serial += 1
        if clean:
            self.oldest_serial = self._serial


def test_a_pools_prefixes_are_its_own() -> None:
    assert LAYOUT.key(0x0A) == "ltc.0a"
    assert ReturningAllocator(0x0A, LAYOUT, Jobs()).take() == "0a00"
    assert (LAYOUT.prefixes, LAYOUT.indices) == (256, 256)


def test_one_comes_back_when_its_jobs_are_stale() -> None:
    jobs = Jobs()
    allocator = ReturningAllocator(0x0A, LAYOUT, jobs)
    taken = [allocator.take() for _ in range(256)]
    assert allocator.take() is None

    allocator.give_back("0a07")
    jobs.add(clean=False)
    assert (allocator.left, allocator.take()) == (0, None)
    jobs.add(clean=True)

    assert (allocator.left, allocator.take(), allocator.take()) == (1, "0a07", None)
    assert len(set(taken)) == 256


def test_one_that_brought_no_share_comes_back_at_once() -> None:
    """Whoever connects and leaves, again and again, takes nothing from the others."""
    allocator = ReturningAllocator(0x0A, LAYOUT, Jobs())
    given = set()
    for _ in range(2 * LAYOUT.indices):
        one = allocator.take()
        assert one is not None
        given.add(one)
        allocator.give_back(one, used=False)

    assert given == {"0a00"}


def test_one_that_brought_a_share_waits_behind_one_that_did_not() -> None:
    jobs = Jobs()
    allocator = ReturningAllocator(0x0A, LAYOUT, jobs)
    first, second = allocator.take(), allocator.take()
    assert first is not None
    assert second is not None

    allocator.give_back(first)
    allocator.give_back(second, used=False)

    assert [allocator.take(), allocator.take()] == [second, "0a02"]
    jobs.add(clean=True)
    assert allocator.take() == first


@given(st.lists(st.sampled_from(["come", "go", "job", "clean"]), max_size=800))
def test_no_two_that_could_submit_for_a_live_job_ever_share_one(steps: list[str]) -> None:
    """Whoever holds one now, or held one when a job came that is still live."""
    jobs = Jobs()
    allocator = ReturningAllocator(0x0A, LAYOUT, jobs)
    held: list[str] = []
    gone: list[tuple[int, str]] = []  # the newest job at its end
    for step in steps:
        if step == "come" and (taken := allocator.take()) is not None:
            live = {one for serial, one in gone if serial >= jobs.oldest_serial}
            assert taken not in held
            assert taken not in live
            held.append(taken)
        elif step == "go" and held:
            one = held.pop(0)
            gone.append((jobs.serial, one))
            allocator.give_back(one)
        elif step in ("job", "clean"):
            jobs.add(clean=step == "clean")
