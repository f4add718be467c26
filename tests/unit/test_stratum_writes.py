"""What leaves a connection together: one call of the kernel is the dearest part of an answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

from nompcore.errors import RejectReason
from services.stratum.authorization import Worker
from services.stratum.ban_list import BanList
from services.stratum.capacity import Capacity
from services.stratum.connection import Connection
from services.stratum.counters import PoolCounters
from services.stratum.door import Door
from services.stratum.offences import BanRules
from services.stratum.outcome import GoodShare, SubmittedShare
from services.stratum.pool import Pool
from services.stratum.proxy_policy import Networks, ProxyPolicy
from services.stratum.replies import true_line
from services.stratum.share_path import Miner as ShareOwner
from services.stratum.visitors import Visitors
from services.stratum.warden import Warden
from tests.stratum_miner import WORKER, Miner
from tests.stratum_work import NTIME, make_job

NEVER = BanRules(False, 1, 50, 500, 300, 10, 10)


class Socket(asyncio.Transport):
    """Keeps what is written to it, piece by piece."""

    def __init__(self) -> None:
        super().__init__({"peername": ("203.0.113.7", 4711)})
        self.written: list[bytes] = []
        self.is_open = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert self.is_open
        self.written.append(bytes(data))

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing is ever left in a buffer here."""

    def close(self) -> None:
        self.is_open = False

    def pause_reading(self) -> None:
        """Nothing comes by itself."""

    def resume_reading(self) -> None:
        """Nothing comes by itself."""


class Shares:
    """A share path that answers when it is told."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def take(self, miner: ShareOwner, share: SubmittedShare) -> None:
        self.waiting.append(lambda: miner.answer(true_line(share.reply_id)))

    def accept(self, miner: ShareOwner, good: GoodShare, time_ms: int) -> None:
        self.waiting.append(lambda: miner.answer(true_line(good.reply_id)))

    def count_refusal(self, miner: ShareOwner, worker: Worker | None, reason: RejectReason) -> None:
        """Nobody counts here."""

    def settle(self) -> None:
        for answer in self.waiting:
            answer()


def connected() -> tuple[Connection, Socket, Shares]:
    """A connection of a miner that has logged in, with nothing written yet."""
    terms, counters, shares = Miner(make_job("1")).terms, PoolCounters(), Shares()
    pool = cast(
        "Pool",
        SimpleNamespace(
            config=SimpleNamespace(name="btc"),
            counters=counters,
            connections={},
            visitors=Visitors(0, 0),
            shares=shares,
            sessions=None,
            logins=None,
        ),
    )
    warden = Warden(
        "btc", NEVER, Networks(()), cast("BanList", SimpleNamespace(is_banned=lambda group: False)), counters
    )
    door = Door(
        pool, 3333, terms, ProxyPolicy(Networks(()), required=False), "off", None, Capacity(1000), warden, 0
    )
    connection, socket = Connection(door), Socket()
    connection.connection_made(socket)
    connection.data_received(call(1, "mining.subscribe") + call(2, "mining.authorize", WORKER))
    return connection, socket, shares


def call(number: int, method: str, *params: Any) -> bytes:
    return json.dumps({"id": number, "method": method, "params": params}).encode() + b"\n"


def submit(number: int) -> bytes:
    """An easy share: which of them meet the difficulty does not matter, as each comes with another nonce."""
    return call(number, "mining.submit", WORKER, "1", "00000000", f"{NTIME:08x}", f"{number:08x}")


def ids(data: bytes) -> list[int]:
    return [json.loads(line)["id"] for line in data.splitlines()]


async def test_the_answers_to_one_packet_leave_together() -> None:
    _, socket, _ = connected()

    (written,) = socket.written
    assert {1, 2} <= set(ids(written))


async def test_the_answers_of_one_batch_leave_together_and_in_order() -> None:
    connection, socket, shares = connected()
    connection.data_received(b"".join(map(submit, range(10, 13))))
    socket.written.clear()

    shares.settle()
    await asyncio.sleep(0)

    assert [ids(written) for written in socket.written] == [[10, 11, 12]]


async def test_the_only_answer_of_a_batch_does_not_wait() -> None:
    connection, socket, shares = connected()
    connection.data_received(submit(10))
    socket.written.clear()

    shares.settle()

    assert [ids(written) for written in socket.written] == [[10]]


async def test_what_is_held_leaves_before_the_connection_is_closed() -> None:
    connection, socket, shares = connected()
    connection.data_received(submit(10) + submit(11))
    socket.written.clear()

    shares.waiting[0]()
    assert socket.written == []
    connection.hang_up("drained")

    assert [ids(written) for written in socket.written] == [[10]]
    assert not socket.is_open


async def test_a_share_is_taken_when_its_newline_has_come() -> None:
    connection, _, shares = connected()
    connection.data_received(submit(10).removesuffix(b"\n"))
    assert shares.waiting == []

    connection.data_received(b"\n")

    assert len(shares.waiting) == 1
