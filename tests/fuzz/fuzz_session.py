"""A pool and one miner after another, driven by bytes: all that is answered and held is in bounds.

An input is text. A line that begins with `!` is an event of the service (EVENTS), any other bytes are what
the miner sends. In those `@J` stands for the current job's id, `@R` for the id it has when it was sent again,
`@T` for the session's token.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from nompcore.errors import EncodingError
from nompcore.messages import Job, ParkedSession
from nompcore.share import KEY_BYTES, VERSION_ROLLING_MASK, Rejected, validate_share
from services.stratum.authorization import Authorizer
from services.stratum.counters import PoolCounters
from services.stratum.difficulty import TargetRules
from services.stratum.difficulty_policy import DifficultyPolicy
from services.stratum.extranonce import ExtranonceAllocator
from services.stratum.framing import MAX_LINE_BYTES, LineBuffer, LineTooLongError
from services.stratum.job_registry import JobRegistry
from services.stratum.outcome import FailedLogin, Hangup, Outcome, RefusedShare, Resumption, SubmittedShare
from services.stratum.replies import refusal_line, true_line
from services.stratum.session import Session
from services.stratum.terms import Terms
from services.stratum.time_outs import overdue
from services.stratum.vardiff import VardiffRules
from tests.fuzz import bounds
from tests.fuzz.answer_check import check_reply, job_id_of
from tests.fuzz.promises import JOB_ID_DIGITS, Promises
from tests.stratum_miner import TOKENS
from tests.stratum_work import EASY, HARD_BITS, NTIME, REGTEST_BITS, coin, make_job

COIN = coin()
AUTHORIZER = Authorizer(COIN.networks["regtest"])
HANGUPS = {"malformed", "chatter", "no-prefix", "login-rate"}
MAX_PARKED = 64

VARDIFF = VardiffRules(
    min_diff=EASY / 16, max_diff=1e6, target_time=15, retarget_time=90, variance_percent=30
)
POLICIES = (DifficultyPolicy(EASY, VARDIFF), DifficultyPolicy(EASY, None))
JOBS = {bits: make_job(bits=bits) for bits in (HARD_BITS, REGTEST_BITS)}

_EVENT = re.compile(rb"^!(.)\n?", re.MULTILINE)


class Pool:
    """What outlives a connection, and the connection there is now."""

    def __init__(self) -> None:
        self.now = 0.0
        self.jobs = JobRegistry(COIN)
        self.counters = PoolCounters()
        self.parked: dict[str, ParkedSession] = {}
        self.credited: set[bytes] = set()  # extranonce1 ‖ key of the shares of this block
        self._promises = Promises()
        self._allocator = ExtranonceAllocator(0xA10F)
        self._has_prefix = self._may_login = True
        self._job_number = self._block = 0
        self._bits = HARD_BITS
        self._piece = 1 << 16
        self._terms = [self._port(policy) for policy in POLICIES]
        self.last_extranonce1 = "a10f0000"
        self._connect()
        self._add_job(clean=True)

    def play(self, data: bytes) -> None:
        """One input."""
        said = _EVENT.split(data)
        self._hear(said[0])
        for event, text in zip(said[1::2], said[2::2], strict=True):
            if act := EVENTS.get(event):
                act(self)
            self._hear(text)
        bounds.check_session(self.session, len(self.credited))

    @property
    def _job_id(self) -> str:
        return f"{self._job_number:0{JOB_ID_DIGITS}x}"

    # ---- the miner ----

    def _hear(self, text: bytes) -> None:
        if b"@" in text:
            text = self._filled_in(text)
        for start in range(0, len(text), self._piece):
            self._feed(text[start : start + self._piece])

    def _filled_in(self, text: bytes) -> bytes:
        job_id = self._job_id.encode()
        again = b"%b%02x" % (job_id, self.session.work.reissues)
        token = TOKENS.token(self.session.extranonce1_hex or self.last_extranonce1).encode()
        return text.replace(b"@J", job_id).replace(b"@R", again).replace(b"@T", token)

    def _feed(self, piece: bytes) -> None:
        lines = self.lines
        lines.feed(piece)
        try:
            while (line := lines.next_line()) is not None:
                self._answer(line, self.session.receive(line, self.now))
                if lines is not self.lines:  # hung up: the rest is lost
                    return
        except LineTooLongError:
            self._connect()
            return
        assert len(lines._bytes) - lines._start <= MAX_LINE_BYTES

    def _answer(self, line: bytes, outcome: Outcome) -> None:
        if isinstance(outcome, Hangup):
            assert outcome.reason in HANGUPS
            self._connect()
        elif isinstance(outcome, SubmittedShare):
            self._judge(line, outcome)
        elif isinstance(outcome, Resumption):
            self._resume(line, outcome)
        elif isinstance(outcome, RefusedShare | FailedLogin):
            if isinstance(outcome, RefusedShare):
                self.session.share_refused()
            self._check_reply(line, outcome.reply)
        else:
            assert type(outcome) is bytes
            self._check_reply(line, outcome)

    def _judge(self, line: bytes, share: SubmittedShare) -> None:
        assert share.target > 0
        assert self._promises.are_kept(job_id_of(line), share.difficulty)
        assert share.worker in self.session.workers.values()
        verdict = validate_share(
            share.job.prepared,
            share.submission,
            target=share.target,
            now_seconds=NTIME + self.now,
            seen=share.seen,
        )
        if isinstance(verdict, Rejected):
            self.session.share_refused()
            self._check_reply(line, refusal_line(share.reply_id, verdict.reason))
            return
        assert len(verdict.key) == len(share.job.prepared.key_prefix) + KEY_BYTES
        work = share.submission.extranonce1 + verdict.key
        assert work not in self.credited, "paid twice"
        self.credited.add(work)
        share.seen.add(verdict.key)
        self._check_sent(self.session.share_accepted(self.now, share.difficulty))
        self._check_reply(line, true_line(share.reply_id))

    def _resume(self, line: bytes, resumption: Resumption) -> None:
        parked = self.parked.pop(resumption.extranonce1_hex, None)
        lines = self.session.resume(resumption.reply_id, parked, self.now)
        if isinstance(lines, Hangup):
            self._connect()
            return
        self._check_reply(line, lines)
        if parked is not None:
            assert self.session.extranonce1_hex == parked.extranonce1_hex
            assert len(self.session.workers) >= len(parked.workers)

    # ---- events ----

    def _connect(self, port: int = 0) -> None:
        """The connection there was has gone; the miner is back."""
        if self._job_number:
            self._park()
        self._promises.new_connection()
        self.session = Session(self._terms[port], lambda now: self._may_login, self.now)
        self.lines = LineBuffer()

    def _park(self) -> None:
        self.last_extranonce1 = self.session.extranonce1_hex or self.last_extranonce1
        parked = self.session.parked()
        if parked is None:
            return
        bounds.check_parked(parked)
        self.parked[parked.extranonce1_hex] = msgspec.json.decode(
            msgspec.json.encode(parked), type=ParkedSession
        )
        if len(self.parked) > MAX_PARKED:
            del self.parked[next(iter(self.parked))]

    def _crash(self) -> None:
        """The replica was killed: nothing is parked."""
        self._connect()
        self.parked.clear()

    def _add_job(self, *, clean: bool = False, block: bool = False) -> None:
        self._job_number += 1
        self._block += block
        if block or clean:
            self.credited.clear()
            self._promises.new_block()
        job: Job = msgspec.structs.replace(
            JOBS[self._bits],
            job_id=self._job_id,
            prevhash_hex=f"{self._block + 1:064x}",
            clean_jobs=clean,
        )
        self.jobs.add(job)
        self._check_sent(self.session.next_job(self.now))

    def _change_bits(self) -> None:
        self._bits = REGTEST_BITS if self._bits == HARD_BITS else HARD_BITS

    def _refuse_job(self) -> None:
        """What no jobmaker wrote."""
        current = self.jobs.current
        try:
            self.jobs.add(msgspec.structs.replace(JOBS[self._bits], job_id="?", prevhash_hex="no hex"))
        except EncodingError:
            assert self.jobs.current is current
        else:
            raise AssertionError("no hash of a block")

    def _wait(self, seconds: float) -> None:
        self.now += seconds

    def _sweep(self) -> None:
        self.now += 5
        if overdue(self.session, self.now, 600) is None:
            self._check_sent(self.session.look_for_silence(self.now))
        else:
            self._connect()

    def _change_extranonce1(self) -> None:
        lines = self.session.change_extranonce1(self.now)
        if lines is None:
            self._connect()
        else:
            self._check_sent(lines)

    def _change_prefix(self) -> None:
        self._has_prefix = not self._has_prefix

    def _change_login(self) -> None:
        self._may_login = not self._may_login

    def _change_pieces(self) -> None:
        self._piece = 7 if self._piece > 7 else 1 << 16

    def _flood(self) -> None:
        self._feed(b"x" * MAX_LINE_BYTES)

    # ---- the pool ----

    def _check_reply(self, line: bytes, data: bytes) -> None:
        check_reply(line, data)
        self._check_sent(data)

    def _check_sent(self, data: bytes) -> None:
        self._promises.hear(data, self.session.extranonce1_hex)

    def _port(self, policy: DifficultyPolicy) -> Terms:
        return Terms(
            pool="btc",
            jobs=self.jobs,
            authorizer=AUTHORIZER,
            targets=TargetRules(COIN.multiplier, 10.0),
            policy=policy,
            tokens=TOKENS,
            take_extranonce1=lambda: self._allocator.take() if self._has_prefix else None,
            version_mask=VERSION_ROLLING_MASK,
            counters=self.counters,
        )


EVENTS: dict[bytes, Callable[[Pool], None]] = {
    b"j": Pool._add_job,
    b"c": lambda pool: pool._add_job(clean=True),
    b"b": lambda pool: pool._add_job(block=True),
    b"h": Pool._change_bits,
    b"x": Pool._refuse_job,
    b"1": lambda pool: pool._wait(1),
    b"2": lambda pool: pool._wait(20),
    b"6": lambda pool: pool._wait(600),
    b"s": Pool._sweep,
    b"r": Pool._connect,
    b"v": lambda pool: pool._connect(port=1),
    b"k": Pool._crash,
    b"e": Pool._change_extranonce1,
    b"p": Pool._change_prefix,
    b"l": Pool._change_login,
    b"/": Pool._change_pieces,
    b"f": Pool._flood,
}


def check_session(data: bytes) -> None:
    """One input in a pool of its own."""
    Pool().play(data)
