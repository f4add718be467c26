"""Miners that submit as soon as they are answered: `python -m tests.bench.share_load PORT CONNECTIONS`.

A process of its own, so that its work is on nobody's account. It says {"ready": connections} when all have
logged in, and obeys

    {"job_id": "2", "ntime_hex": "6553f100", "shares": 20000}  →  {"accepted": 20000, "errors": 0}
    {"heard": "2"}  →  {"spread_ms": 3.1}   when every miner has this job: from the first to the last of them

A server that sends no jobs may be loaded too.
"""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import msgspec
import uvloop

from tests.bench.json_orders import orders, tell
from tests.stratum_work import ADDRESS

CONNECTING_AT_ONCE = 200  # below every backlog


class _Line(msgspec.Struct):
    id: int | None
    result: Any = None
    method: str = ""
    params: list[Any] = []


_decode = msgspec.json.Decoder(_Line).decode


@dataclass
class Round:
    """Shares to be submitted by all miners together, and what became of them."""

    job_id: str
    ntime_hex: str
    shares: int
    submitted: int = 0
    accepted: int = 0
    errors: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def may_submit(self) -> bool:
        """Take one of the shares that are left."""
        if self.submitted >= self.shares:
            return False
        self.submitted += 1
        return True

    def answered(self, accepted: bool) -> None:
        """Count an answer."""
        self.accepted += accepted
        self.errors += not accepted
        if self.accepted + self.errors >= self.shares:
            self.done.set()


@dataclass
class Heard:
    """How many miners have a job, and when the first and the last of them got it."""

    miners: int = 0
    first: float = field(default_factory=time.perf_counter)
    last: float = 0.0


class LoadMiner(asyncio.Protocol):
    """One connection with one share under way."""

    def __init__(self, load: Load, number: int) -> None:
        self._load = load
        self._worker = f"{ADDRESS}.rig{number}".encode()
        self._rest = b""
        self._round: Round | None = None
        self._nonce = 0
        self.logged_in: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Log in."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(
            b'{"id":-2,"method":"mining.subscribe","params":["load"]}\n'
            b'{"id":-1,"method":"mining.authorize","params":["%b","x"]}\n' % self._worker
        )

    def data_received(self, data: bytes) -> None:
        """Whole lines; the rest waits."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            message = _decode(line)
            if message.id is None:
                self._notified(message)
            elif message.id >= 0:
                self._answered(message.result is True)
            elif message.id == -1:
                self.logged_in.set_result(message.result is True)

    def connection_lost(self, exc: Exception | None) -> None:
        """Thrown out, or it is over: a share under way counts as an error."""
        if not self.logged_in.done():
            self.logged_in.set_exception(ConnectionResetError("closed by the server"))
        if self._round is not None:
            self._round.answered(False)

    def begin(self, this_round: Round) -> None:
        """Submit the first share of a round."""
        self._round = this_round
        self._head = b'{"id":%%d,"method":"mining.submit","params":["%b","%b","00000000","%b","%%08x"]}\n' % (
            self._worker, this_round.job_id.encode(), this_round.ntime_hex.encode(),
        )  # fmt: skip
        self._submit(this_round)

    def _submit(self, this_round: Round) -> None:
        if this_round.may_submit():
            self._nonce += 1
            self._transport.write(self._head % (self._nonce, self._nonce))

    def _answered(self, accepted: bool) -> None:
        assert self._round
        self._round.answered(accepted)
        self._submit(self._round)

    def _notified(self, message: _Line) -> None:
        if message.method == "mining.notify":
            self._load.notified(message.params[0])


class Load:
    """All miners of this process."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._miners: list[LoadMiner] = []
        self._heard: dict[str, Heard] = {}
        self._somebody_heard = asyncio.Event()

    async def connect(self, connections: int) -> None:
        """Connect and log everybody in."""
        loop = asyncio.get_running_loop()
        for start in range(0, connections, CONNECTING_AT_ONCE):
            numbers = range(start, min(start + CONNECTING_AT_ONCE, connections))
            miners = [
                (await loop.create_connection(partial(LoadMiner, self, number), "127.0.0.1", self._port))[1]
                for number in numbers
            ]
            assert all(await asyncio.gather(*(miner.logged_in for miner in miners)))
            self._miners += miners

    async def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Do what a line of standard input says."""
        if "heard" in order:
            return {"spread_ms": await self._spread_ms(order["heard"])}
        this_round = Round(order["job_id"], order["ntime_hex"], order["shares"])
        for miner in self._miners:
            miner.begin(this_round)
        await this_round.done.wait()
        return {"accepted": this_round.accepted, "errors": this_round.errors}

    def notified(self, job_id: str) -> None:
        """A miner got a job."""
        heard = self._heard.setdefault(job_id, Heard())
        heard.miners += 1
        heard.last = time.perf_counter()
        if heard.miners == len(self._miners):
            self._somebody_heard.set()

    async def _spread_ms(self, job_id: str) -> float:
        while job_id not in self._heard or self._heard[job_id].miners < len(self._miners):
            self._somebody_heard.clear()
            await self._somebody_heard.wait()
        heard = self._heard[job_id]
        return (heard.last - heard.first) * 1000


async def main(port: int, connections: int) -> None:
    """Log in, then obey until standard input ends."""
    load = Load(port)
    await load.connect(connections)
    tell({"ready": connections})
    async for order in orders():
        tell(await load.obey(order))


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))
