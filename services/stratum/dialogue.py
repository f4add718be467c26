"""An admitted miner: its lines to its session, the session's outcomes to where they belong, answers back.

No line is handled while too many shares are unanswered or a subscription or login is; then the socket is not
read, so that a flood waits where it comes from.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from nompcore.errors import RejectReason
from nompcore.messages import ParkedSession
from nompcore.requests import LoginReply
from services.stratum.framing import LineBuffer, LineTooLongError
from services.stratum.login import login_answered
from services.stratum.moving import move
from services.stratum.outcome import (
    FailedLogin,
    Hangup,
    LoginQuestion,
    RefusedShare,
    Resumption,
    SubmittedShare,
)
from services.stratum.time_outs import overdue

if TYPE_CHECKING:
    from services.stratum.connection import Connection
    from services.stratum.door import Guest
    from services.stratum.pool import Pool
    from services.stratum.terms import Terms
    from services.stratum.warden import Warden

log = logging.getLogger(__name__)

# Unanswered shares of one connection. An honest miner has one or two.
MAX_UNANSWERED = 64

# Lines handled before the others get their turn: with twenty flooders a turn takes a millisecond or two, and
# an honest share needs a few turns until it is stored.
LINES_PER_TURN = 4

JUNK = frozenset({"malformed", "flood", "chatter"})  # what closes a connection that no miner has

# What says nothing against a miner: it was late, or we were.
BLAMELESS = frozenset({RejectReason.STALE, RejectReason.NOT_STORED})


class Dialogue:
    """From admission until the last share is answered, which may be after the socket has gone."""

    __slots__ = (
        "_awaiting",
        "_leaving",
        "_lines",
        "_parked",
        "_paused",
        "_pool",
        "_switch",
        "_unanswered",
        "_warden",
        "connection",
        "group",
        "ip",
        "port",
        "session",
        "visitor",
    )

    def __init__(self, connection: Connection, pool: Pool, warden: Warden, guest: Guest) -> None:
        self.connection = connection
        self._pool = pool
        self._switch = guest.switch
        self._warden = warden
        self._lines = LineBuffer()
        self._unanswered = 0
        self._paused = False
        self._awaiting = False  # what an earlier session left is being looked for, or a login
        self._leaving = False  # no line is handled any more
        self._parked = False  # left for whoever takes it: it must not be left twice
        self.session = guest.session
        self.visitor = guest.visitor
        self.group = guest.group
        self.ip = connection.ip
        self.port = connection.port

    def feed(self, plaintext: bytes) -> None:
        """What the miner said."""
        if self._lines.is_empty and not self._paused and self._took_quickly(plaintext):
            return
        self._lines.feed(plaintext)
        if not self._paused:
            self._handle_lines()

    def share_accepted(self, now: float, difficulty: float) -> None:
        """A share of this miner is good; it will be answered when it is stored. Runs for each one."""
        self._warden.valid_share(self.group)
        lines = self.session.share_accepted(now, difficulty)
        if lines:
            self.connection.write(lines)

    def share_refused(self, reason: RejectReason) -> None:
        """A share of this miner is answered with an error."""
        self.session.share_refused()
        if reason not in BLAMELESS:
            self._warden.invalid_share(self.group, time.monotonic())

    def answer(self, reply: bytes) -> None:
        """Send the answer of a submitted share and read on if the miner had to wait."""
        self._unanswered -= 1
        self.connection.write(reply)
        if self.connection.is_closed:
            self._park_when_settled()
        elif self._leaving:
            self._close_when_settled()
        elif self._paused:
            self._go_on()

    def move(self, pool: Pool, terms: Terms, now: float) -> None:
        """Its port mines another pool, on these terms."""
        self._pool = pool
        self.connection.write(move(self.session, terms, now))

    def say(self, line: bytes) -> None:
        """Send a notification, if the miner has subscribed."""
        if self.session.subscribed:
            self.connection.write(line)

    def sweep(self, now: float) -> None:
        """Look at what only the clock can tell: time-outs, silence."""
        reason = overdue(self.session, now, self._pool.config.connection_timeout_seconds)
        if reason is not None:
            self.hang_up(reason)
        elif lines := self.session.look_for_silence(now):
            self.connection.write(lines)

    def change_extranonce1(self, now: float) -> None:
        """Its prefix belongs to somebody else: another extranonce1, or another connection."""
        lines = self.session.change_extranonce1(now)
        if lines is None:
            self.hang_up("prefix-lost")
        else:
            self.connection.write(lines)

    @property
    def is_gone(self) -> bool:
        """Whether its connection is closed."""
        return self.connection.is_closed

    def leave(self) -> None:
        """Take no more shares, and close when the last one is answered: the service ends."""
        if not self.is_gone:
            self._leaving = True
            self._pause()
            self._close_when_settled()

    def hang_up(self, reason: str) -> None:
        """Close, for one of a few constant reasons."""
        if self.connection.hang_up(reason) and reason in JUNK:
            self._warden.junk(self.group, time.monotonic())

    def ended(self) -> None:
        """The socket has gone."""
        self._leaving = True
        self._park_when_settled()

    def _close_when_settled(self) -> None:
        if self._unanswered == 0:
            self.hang_up("drained")

    def _park_when_settled(self) -> None:
        """Once nothing can be added to what the session did, keep it for the miner's return."""
        if self._parked or self._unanswered > 0:
            return
        parked = self.session.parked()
        if parked is not None:
            self._parked = True
            self._pool.sessions.park(parked)

    def _handle_lines(self) -> None:
        try:
            has_more = self._handle_some()
        except LineTooLongError:
            self.hang_up("flood")
            return
        if has_more:
            self._pause()
            asyncio.get_running_loop().call_soon(self._go_on)

    def _handle_some(self) -> bool:
        """A turn's lines; whether there may be more that need not wait for anything but their turn."""
        for _ in range(LINES_PER_TURN):
            if self._must_wait():
                self._pause()
                return False
            line = self._lines.next_line()
            if line is None or self.connection.is_closed:
                return False
            self._handle(line)
        return True

    def _took_quickly(self, line: bytes) -> bool:
        """Whether this was an ordinary good share, as nearly every line is: then it is on its way."""
        if self._awaiting or self._unanswered >= MAX_UNANSWERED or not self.session.workers:
            return False
        now_seconds = time.time()
        good = self.session.quick_share(line, now_seconds)
        if good is None:
            return False
        self._unanswered += 1
        self._pool.shares.accept(self, good, int(now_seconds * 1000))
        return True

    def _handle(self, line: bytes) -> None:
        if self._took_quickly(line + b"\n"):
            return
        outcome = self.session.receive(line, time.monotonic())
        if isinstance(outcome, SubmittedShare):
            self._unanswered += 1
            shares = self._switch.shares_of(outcome.job) if self._switch else self._pool.shares
            shares.take(self, outcome)
        elif isinstance(outcome, bytes):
            self.connection.write(outcome)
        elif isinstance(outcome, RefusedShare):
            self.connection.write(outcome.reply)
            self._pool.shares.count_refusal(self, outcome.worker, outcome.reason)
        elif isinstance(outcome, FailedLogin):
            self.connection.write(outcome.reply)
            self._warden.failed_login(self.group, time.monotonic())
        elif isinstance(outcome, LoginQuestion):
            self._ask(outcome)
        elif isinstance(outcome, Resumption):
            self._awaiting = True
            self._pool.sessions.find(outcome.extranonce1_hex, lambda parked: self._resume(outcome, parked))
        elif isinstance(outcome, Hangup):
            self.hang_up(outcome.reason)

    def _resume(self, resumption: Resumption, parked: ParkedSession | None) -> None:
        self._awaiting = False
        lines = self.session.resume(resumption.reply_id, parked, time.monotonic())
        if self.connection.is_closed:  # the miner has gone meanwhile: what it left stays its own
            self._park_when_settled()
        elif isinstance(lines, Hangup):
            self.hang_up(lines.reason)
        else:
            self.connection.write(lines)
            self._go_on()

    def _ask(self, question: LoginQuestion) -> None:
        logins = self._pool.logins
        if logins is None:
            raise TypeError("only a pool in MPOS mode has such questions")
        self._awaiting = True
        request = question.request
        logins.ask(request.user, request.password, lambda reply: self._logged_in(question, reply))

    def _logged_in(self, question: LoginQuestion, reply: LoginReply) -> None:
        self._awaiting = False
        if self.connection.is_closed:
            return
        outcome = login_answered(self.session, question, reply)
        if isinstance(outcome, FailedLogin):
            self.connection.write(outcome.reply)
            self._warden.failed_login(self.group, time.monotonic())
        else:
            self.connection.write(outcome)
        self._go_on()

    def _must_wait(self) -> bool:
        return self._unanswered >= MAX_UNANSWERED or self._awaiting or self._leaving

    def _pause(self) -> None:
        if not self._paused:
            self._paused = True
            self.connection.pause_reading()

    def _go_on(self) -> None:
        """Read and handle on if there was a pause and nothing is in the way any more."""
        if self._paused and not self.connection.is_closed and not self._must_wait():
            self._paused = False
            self.connection.resume_reading()
            self._handle_lines()
