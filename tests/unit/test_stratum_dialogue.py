"""When a session is left for its miner's return: once, and not before its last share is answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from nompcore.messages import ParkedSession
from services.stratum.connection import Connection
from services.stratum.dialogue import Dialogue
from services.stratum.door import Guest
from services.stratum.outcome import SubmittedShare
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
    shares: list[SubmittedShare] = field(default_factory=list)
    parked: list[ParkedSession] = field(default_factory=list)
    sought: list[tuple[str, Callable[[ParkedSession | None], None]]] = field(default_factory=list)

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def hang_up(self, reason: str) -> bool:
        self.is_closed = True
        return True

    def pause_reading(self) -> None:
        """Nothing comes here by itself."""

    def resume_reading(self) -> None:
        """Nothing comes here by itself."""

    def take(self, miner: Dialogue, submitted: SubmittedShare) -> None:
        self.shares.append(submitted)

    def park(self, session: ParkedSession) -> None:
        self.parked.append(session)

    def find(self, extranonce1_hex: str, found: Callable[[ParkedSession | None], None]) -> None:
        self.sought.append((extranonce1_hex, found))

    def junk(self, group: str, now: float) -> None:
        """Nobody is banned here."""


def started() -> tuple[Dialogue, Edge, Miner]:
    """A dialogue over an open socket."""
    miner, edge = Miner(make_job("1")), Edge()
    pool = SimpleNamespace(shares=edge, sessions=edge)
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
