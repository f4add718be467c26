"""Whatever a miner sends: nothing breaks, every answer and everything that is kept is bounded."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nompcore.messages import Job
from nompcore.share import Rejected, validate_share
from services.stratum.authorization import MAX_WORKERS_PER_CONNECTION
from services.stratum.counters import KNOWN_UNSUPPORTED
from services.stratum.framing import MAX_LINE_BYTES
from services.stratum.miner_work import MAX_REISSUES
from services.stratum.outcome import FailedLogin, Hangup, Outcome, RefusedShare, Resumption, SubmittedShare
from services.stratum.protocol import METHODS
from services.stratum.vardiff import VardiffRules
from tests.stratum_miner import EXTRANONCE1, RULES, TOKENS, WORKER, Miner, answer, decoded
from tests.stratum_work import ADDRESS, NTIME, make_job

LONGEST_REPLY = 8192

PARAM = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from([WORKER, ADDRESS, TOKENS.token(EXTRANONCE1), "1", "00000000", "6553f100", "f" * 64, []])
)
OPTIONS = st.dictionaries(
    st.sampled_from(["version-rolling.mask", "minimum-difficulty.value"]), PARAM, max_size=2
)
EXTENSIONS = st.lists(
    st.sampled_from(["version-rolling", "minimum-difficulty", "subscribe-extranonce", "info"]) | PARAM,
    max_size=5,
)
CALLS = st.fixed_dictionaries(
    {
        "id": st.none() | st.integers() | st.text(max_size=5),
        "method": st.sampled_from([*sorted(METHODS), *sorted(KNOWN_UNSUPPORTED), "?", ""]),
        "params": st.lists(PARAM, max_size=7)
        | st.tuples(EXTENSIONS, OPTIONS)
        | st.none()
        | st.dictionaries(st.text(), PARAM, max_size=2),
    }
).map(lambda call: json.dumps(call).encode())
REPLIES = st.fixed_dictionaries({"id": st.integers(), "result": PARAM, "error": PARAM}).map(
    lambda reply: json.dumps(reply).encode()
)

WELL_FORMED: dict[str, st.SearchStrategy[list[Any]]] = {
    "mining.subscribe": st.lists(st.sampled_from(["agent/1", TOKENS.token(EXTRANONCE1)]), max_size=2),
    "mining.authorize": st.tuples(
        st.sampled_from([WORKER, ADDRESS, f"{ADDRESS}.b", "nobody"]),
        st.sampled_from(["x", "d=1e-9", "d=1e9", "md=1e-9", "md=1e9,d=1"]),
    ).map(list),
    "mining.submit": st.tuples(
        st.sampled_from([WORKER, ADDRESS]),
        st.sampled_from(["1", "101", "102", "2", "201"]),
        st.sampled_from(["00000000", "0000000a", "0000000A"]),
        st.sampled_from(["6553f100", "6553f101"]),
        st.integers(0, 63).map(lambda nonce: f"{nonce:08x}"),
        st.sampled_from(["00002000", "20000000", ""]),
    ).map(list),
    "mining.configure": st.tuples(EXTENSIONS, OPTIONS).map(list),
    "mining.suggest_difficulty": st.floats(1e-12, 1e300).map(lambda number: [number]),
    "mining.suggest_target": st.integers(0, 2**256 - 1).map(lambda target: [f"{target:064x}"]),
    "mining.get_transactions": st.sampled_from([["1"], ["101"], ["9"]]),
    "mining.extranonce.subscribe": st.just([]),
    "mining.multi_version": st.just([4]),
    "client.get_version": st.just([]),
    "mining.ping": st.just([]),
}
REQUESTS: st.SearchStrategy[tuple[str, list[Any]]] = st.sampled_from(sorted(WELL_FORMED)).flatmap(
    lambda method: st.tuples(st.just(method), WELL_FORMED[method])
)
EVENTS = st.sampled_from(["job", "block", "silence", "reconnect", "prefix"])


class Play:
    """A miner whose every outcome is looked at, and what the service does with it meanwhile."""

    def __init__(self, vardiff: VardiffRules | None) -> None:
        self.miner = Miner(make_job("1"), vardiff=vardiff)
        self.now = 1.0
        self.jobs = 1
        self.block = 1

    def line(self, line: bytes) -> None:
        self.now += 0.5
        self.look_at(self.miner.session.receive(line, self.now))

    def event(self, event: str) -> None:
        """Something beside the miner's lines."""
        session = self.miner.session
        if event in ("job", "block"):
            self.miner.jobs.add(self.next_job(event == "block"))
            self.look_at(session.next_job(self.now))
        elif event == "silence":
            self.now += 200
            self.look_at(session.look_for_silence(self.now))
        elif event == "reconnect":
            self.miner.reconnect(self.now)
        elif session.subscribed:
            self.look_at(session.change_extranonce1(self.now) or b"")

    def next_job(self, new_block: bool) -> Job:
        self.jobs += 1
        self.block += new_block
        return make_job(f"{self.jobs:x}", block=self.block, clean=new_block)

    def look_at(self, outcome: Outcome) -> None:
        session = self.miner.session
        if isinstance(outcome, SubmittedShare):
            self.judge(outcome)
        elif isinstance(outcome, bytes):
            assert len(outcome) <= LONGEST_REPLY
            assert len(decoded(outcome)) <= 4
        elif isinstance(outcome, Resumption):
            self.look_at(session.resume(outcome.reply_id, self.miner.parked, self.now))
            self.miner.parked = None  # it has an owner
        else:
            assert isinstance(outcome, RefusedShare | FailedLogin | Hangup)
        assert len(session.workers) <= MAX_WORKERS_PER_CONNECTION
        assert session.work.reissues <= MAX_REISSUES + 1

    def judge(self, share: SubmittedShare) -> None:
        verdict = validate_share(
            share.job.prepared, share.submission, target=share.target, now_seconds=NTIME, seen=share.seen
        )
        if not isinstance(verdict, Rejected):
            share.seen.add(verdict.key)
            self.look_at(self.miner.session.share_accepted(self.now, share.difficulty))


@given(st.lists(CALLS | REPLIES | st.binary(max_size=60), max_size=12))
def test_no_line_breaks_the_session_and_every_answer_is_bounded(lines: list[bytes]) -> None:
    play = Play(RULES)
    for line in lines:
        play.line(line)
    assert len(play.miner.counters.unsupported) <= len(KNOWN_UNSUPPORTED) + 1


@given(st.booleans(), st.lists(REQUESTS | EVENTS, max_size=30))
def test_no_sequence_of_requests_and_events_breaks_the_session(
    variable: bool, steps: list[tuple[str, list[Any]] | str]
) -> None:
    play = Play(RULES if variable else None)
    for step in steps:
        if isinstance(step, str):
            play.event(step)
        else:
            method, params = step
            play.line(json.dumps({"id": 1, "method": method, "params": params}).encode())


def test_the_longest_line_is_answered_in_bounds() -> None:
    miner = Miner(make_job("1")).ready()
    filler = "x" * (MAX_LINE_BYTES - 200)
    for params in ([filler], [WORKER, filler, filler[:8], "", ""], [[filler], {}], [filler, filler]):
        for method in sorted(METHODS):
            line = json.dumps({"id": 1, "method": method, "params": params}).encode()
            assert len(answer(miner, line)) <= LONGEST_REPLY
