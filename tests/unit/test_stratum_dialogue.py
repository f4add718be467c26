"""When a session is left for its miner's return: once, and not before its last share is answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

from nompcore.messages import ParkedSession
from nompcore.requests import LoginReply
from services.stratum.connection import Connection
from services.stratum.dialogue import Dialogue
from services.stratum.door import Guest
from services.stratum.outcome import GoodShare, SubmittedShare
from services.stratum.pool import Pool
from services.stratum.replies import true_line
from services.stratum.visitors import Visitor
from services.stratum.warden import Warden
from tests.stratum_miner import EXTRANONCE1, TOKENS, WORKER, Miner, share
from tests.stratum_work import make_job


@dataclass(slots=True)
class Edge:
    """What a dialogue has around it: a socket, a share path that answers when told, a store."""

    is_closed: bool = False
    ip: str = "203.0.113.7"
    port: int = 3032
    sent: list[bytes] = field(default_factory=list)
    shares: list[SubmittedShare | GoodShare] = field(default_factory=list)
    parked: list[ParkedSession] = field(default_factory=list)
    sought: list[tuple[str, Callable[[ParkedSession | None], None]]] = field(default_factory=list)
    asked: list[tuple[tuple[str, str], Callable[[LoginReply], None]]] = field(default_factory=list)
    failed_logins: int = 0

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def hold(self) -> bool:
        return True

    def release(self) -> None:
        """Everything is sent at once here."""

    def hang_up(self, reason: str) -> bool:
        self.is_closed = True
        return True

    def pause_reading(self) -> None:
        """Nothing comes here by itself."""

    def resume_reading(self) -> None:
        """Nothing comes here by itself."""

    def take(self, miner: Dialogue, submitted: SubmittedShare) -> None:
        self.shares.append(submitted)

    def accept(self, miner: Dialogue, good: GoodShare, time_ms: int) -> None:
        self.shares.append(good)

    def park(self, session: ParkedSession) -> None:
        self.parked.append(session)

    def find(self, extranonce1_hex: str, found: Callable[[ParkedSession | None], None]) -> None:
        self.sought.append((extranonce1_hex, found))

    def ask(self, user: str, password: str, answered: Callable[[LoginReply], None]) -> None:
        self.asked.append(((user, password), answered))

    def failed_login(self, group: str, now: float) -> None:
        self.failed_logins += 1

    def junk(self, group: str, now: float) -> None:
        """Nobody is banned here."""


def started(*, checks_logins: bool = False) -> tuple[Dialogue, Edge, Miner]:
    """A dialogue over an open socket."""
    miner, edge = Miner(make_job("1")), Edge()
    miner.terms = replace(miner.terms, checks_logins=checks_logins)
    miner.session = miner.new_session()
    pool = SimpleNamespace(shares=edge, sessions=edge, logins=edge)
    guest = Guest("203.0.113.7", Visitor(None, None), miner.session)
    dialogue = Dialogue(cast(Connection, edge), cast(Pool, pool), cast(Warden, edge), guest)
    return dialogue, edge, miner


def line(method: str, *params: Any) -> bytes:
    return json.dumps({"id": 1, "method": method, "params": params}).encode() + b"\n"


def test_it_waits_for_the_last_answer_and_is_left_once_whatever_closes_first() -> None:
    dialogue, edge, _ = started()
    solution = share(make_job("1"))
    dialogue.feed(line("mining.subscribe", "agent") + line("mining.authorize", WORKER))
    dialogue.feed(line("mining.submit", *solution.params(WORKER)) + b"garbage\n")
    (submitted,) = edge.shares
    assert edge.is_closed
    submitted.seen.clear()  # the library has put the share's own key there
    submitted.seen.add(b"1" + bytes(16))
    assert edge.parked == []

    dialogue.answer(true_line(b"1"))  # we have hung up, the socket is still there
    dialogue.ended()

    (parked,) = edge.parked
    assert parked.extranonce1_hex == EXTRANONCE1
    assert parked.seen == {"1": bytes(16).hex()}


def test_nothing_is_handled_while_an_earlier_session_is_looked_for() -> None:
    dialogue, edge, _ = started()

    dialogue.feed(line("mining.subscribe", "agent", TOKENS.token("a10f1234")) + line("mining.ping"))

    ((extranonce1_hex, found),) = edge.sought
    assert extranonce1_hex == "a10f1234"
    assert edge.sent == []
    found(None)
    assert b"pong" in edge.sent[-1]
    assert b'"a10f0000"' in edge.sent[0]


def test_who_leaves_while_it_is_looked_for_loses_nothing() -> None:
    dialogue, edge, miner = started()
    dialogue.feed(line("mining.subscribe", "agent", TOKENS.token("a10f1234")))
    edge.is_closed = True
    dialogue.ended()
    ((_, found),) = edge.sought
    left = ParkedSession(
        pool="btc", extranonce1_hex="a10f1234", difficulty=1e-9, workers=[WORKER], seen={"1": bytes(16).hex()}
    )

    found(left)
    dialogue.ended()

    (parked,) = edge.parked
    assert (parked.extranonce1_hex, parked.workers, parked.seen) == ("a10f1234", [WORKER], left.seen)
    assert miner.session.extranonce1_hex == "a10f1234"


def test_a_miner_that_does_not_follow_is_closed_when_its_last_share_is_answered() -> None:
    dialogue, edge, _ = started()
    dialogue.feed(line("mining.subscribe", "agent") + line("mining.authorize", WORKER))
    dialogue.feed(line("mining.submit", *share(make_job("1")).params(WORKER)))

    dialogue.leave()
    dialogue.feed(line("mining.ping"))

    assert not edge.is_closed
    dialogue.answer(true_line(b"1"))
    assert edge.is_closed
    assert edge.sent[-1] == true_line(b"1")


# ---- logins that MPOS has to confirm ----


def asked_and_pinged() -> tuple[Edge, Callable[[LoginReply], None]]:
    """A miner whose login is being looked up, and that has sent something more."""
    dialogue, edge, _ = started(checks_logins=True)
    dialogue.feed(line("mining.authorize", WORKER, "secret") + line("mining.ping"))
    (((user, password), answered),) = edge.asked
    assert (user, password) == (WORKER, "secret")
    assert edge.sent == []
    return edge, answered


def test_nothing_is_handled_while_a_login_is_looked_up() -> None:
    edge, answered = asked_and_pinged()
    answered(LoginReply(ok=True))
    assert json.loads(edge.sent[0].splitlines()[0])["result"] is True
    assert b"pong" in edge.sent[-1]
    assert edge.failed_logins == 0


def test_a_refused_login_counts_against_the_address() -> None:
    edge, answered = asked_and_pinged()
    answered(LoginReply(ok=False, text="unknown worker"))
    assert json.loads(edge.sent[0])["error"] == [24, "unknown worker", None]
    assert b"pong" in edge.sent[-1]
    assert edge.failed_logins == 1


def test_a_login_that_could_not_be_looked_up_counts_against_nobody() -> None:
    edge, answered = asked_and_pinged()
    answered(LoginReply(ok=False, text="try again", try_again=True))
    assert json.loads(edge.sent[0])["result"] is False
    assert edge.failed_logins == 0


def test_who_leaves_while_its_login_is_looked_up_is_not_answered() -> None:
    edge, answered = asked_and_pinged()
    edge.is_closed = True
    answered(LoginReply(ok=False, text="unknown worker"))
    assert edge.sent == []
    assert edge.failed_logins == 0
