"""The fuzz targets without a fuzzer: the inputs that `make fuzz` keeps are played, and some are made up."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.errors import RejectReason
from services.stratum.protocol import METHODS
from services.stratum.replies import refusal_line, true_line
from tests.fuzz.answer_check import check_lines, check_reply
from tests.fuzz.corpus import FOLDER, kept_inputs, packed, unpack
from tests.fuzz.fuzz_session import EVENTS, Pool
from tests.fuzz.mutation import LINES, mutated
from tests.fuzz.targets import TARGETS
from tests.stratum_work import ADDRESS

MAX_CORPUS_BYTES = 1 << 20

SEEDS = st.integers(0, 2**32 - 1)
INPUTS = st.lists(st.sampled_from(LINES) | st.binary(max_size=80), max_size=12).map(b"\n".join)


@pytest.mark.parametrize("name", TARGETS)
def test_no_kept_input_breaks_anything(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # where a failure would be written down
    target = TARGETS[name]
    check = target.make_check()
    inputs = kept_inputs(target.corpus)
    for data in inputs:
        assert len(data) <= target.longest_input
        check(data)
    assert inputs


def test_the_kept_inputs_reach_every_method_and_event() -> None:
    said = b"\n".join(kept_inputs("session"))

    assert all(f'"method":"{method}"'.encode() in said for method in METHODS)
    assert all(b"!" + event in said for event in EVENTS)


def test_the_kept_inputs_mine_roll_resume_and_are_refused() -> None:
    accepted = reissued = failed = 0
    refused: set[RejectReason] = set()

    class Watched(Pool):
        """Tells what was answered."""

        def _check_reply(self, line: bytes, data: bytes) -> None:
            nonlocal accepted
            super()._check_reply(line, data)
            accepted += b"mining.submit" in line and data.endswith(true_line(b"")[6:])
            refused.update(reason for reason in RejectReason if data.endswith(refusal_line(b"", reason)[6:]))

    for data in kept_inputs("session"):
        pool = Watched()
        pool.play(data)
        reissued += pool.counters.jobs_reissued
        failed += pool.counters.logins_failed
    assert min(accepted, reissued, failed) > 0
    assert refused >= set(RejectReason) - {RejectReason.NOT_STORED}


def lines(*calls: str) -> bytes:
    """Of an input."""
    return "\n".join([*calls, ""]).encode()


SUBSCRIBE = '{"id":1,"method":"mining.subscribe","params":["x","@T"]}'

SHARE = f'{{"id":4,"method":"mining.submit","params":["{ADDRESS}.0","@J","00000000","6553f100","00000000"]}}'


def wish(difficulty: float) -> str:
    """A request for it."""
    return f'{{"id":2,"method":"mining.suggest_difficulty","params":[{difficulty}]}}'


def logins(rigs: range) -> list[str]:
    """Requests for them."""
    return [f'{{"id":3,"method":"mining.authorize","params":["{ADDRESS}.{rig}","x"]}}' for rig in rigs]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("session", b'{"id":"\xff","method":"mining.ping"}\n'),
        ("entrance", b"\x1dPROXY TCP6 fe80::1%eth0 ::1 1 2\r\n{}\n"),
        ("session", lines(SUBSCRIBE, wish(1e-8), SUBSCRIBE, wish(2e-8))),
        ("session", lines(SUBSCRIBE, *logins(range(1)), wish(1e-8), SUBSCRIBE, SHARE)),
        ("session", lines(SUBSCRIBE, *logins(range(64)), "!r", *logins(range(64, 128)), SUBSCRIBE)),
    ],
    ids=[
        "an id that is no text",
        "a zone",
        "an id given twice",
        "a job as it was first",
        "workers unbounded",
    ],
)
def test_what_broke_something_once_does_not_any_more(name: str, data: bytes) -> None:
    TARGETS[name].make_check()(data)


def test_the_corpus_is_small_and_has_no_other_files() -> None:
    files = list(FOLDER.iterdir())

    assert {file.stem for file in files} == {target.corpus for target in TARGETS.values()}
    assert sum(file.stat().st_size for file in files) < MAX_CORPUS_BYTES


@given(INPUTS)
@pytest.mark.parametrize(
    "name", ["request", "entrance", "session", "door", "signature", "challenge", "upstream"]
)
def test_no_input_breaks_anything(name: str, data: bytes) -> None:
    TARGETS[name].make_check()(data)


@given(st.sampled_from(LINES), st.lists(SEEDS, max_size=30))
def test_no_change_of_an_input_breaks_a_session(data: bytes, seeds: list[int]) -> None:
    for seed in seeds:
        data = mutated(data, seed)
    TARGETS["session"].make_check()(data)


@given(st.lists(INPUTS, max_size=6))
def test_no_row_of_inputs_breaks_a_long_session(inputs: list[bytes]) -> None:
    pool = Pool()
    for data in inputs:
        pool.play(data)


@given(st.binary(), SEEDS)
def test_the_same_seed_makes_the_same_change(data: bytes, seed: int) -> None:
    assert mutated(data, seed) == mutated(data, seed)


@given(inputs=st.sets(st.binary(min_size=1)))
def test_unpacked_inputs_are_packed_again(
    inputs: set[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("corpus")
    unpack(inputs, folder)

    assert set(packed(folder)) == inputs


@pytest.mark.parametrize(
    "answer",
    [
        b'{"id":2,"result":true,"error":null}\n',  # another request's
        b'{"id":1,"result":true,"error":null}',  # no line
        b'{"id":1,"result":\xff,"error":null}\n',  # no text
        b'{"id":1,"result":true,"error":null}\n{"id":\n',  # no JSON
        b"",  # none
    ],
)
def test_a_wrong_answer_is_noticed(answer: bytes) -> None:
    with pytest.raises((AssertionError, ValueError)):
        _check(b'{"id":1,"method":"mining.ping"}', answer)


def _check(request: bytes, answer: bytes) -> None:
    check_reply(request, answer)
    check_lines(answer)
