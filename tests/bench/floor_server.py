"""The least that any Python server does for a line: `python -m tests.bench.floor_server [--check]`.

It reads, decodes and says true, and knows nothing of jobs or storage: the price of Python, uvloop and the
kernel. With `--check` every share is checked, by the library that the pool has (powhash, in C), for a job
with a branch of twelve steps and for being no duplicate, collected as for a batch, and then forgotten. The
rest of a share's cost is the pool's own.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from typing import Any, cast

import msgspec
import uvloop

from nompcore.encoding import HASH_SIZE
from nompcore.job import prepare_job
from nompcore.target import MAX_TARGET
from powhash.share_check import share_check, share_job
from tests.bench.full_job import full_job
from tests.bench.json_orders import orders, tell
from tests.stratum_work import coin

BATCH = 1000
"""Shares that are forgotten together."""

_SUBSCRIBED = b'{"id":%d,"result":[[["mining.notify","1"]],"%b",4],"error":null}\n'
_TRUE = b'{"id":%d,"result":true,"error":null}\n'


class _Line(msgspec.Struct):
    id: int
    method: str
    params: list[Any]


_decode = msgspec.json.Decoder(_Line).decode


class Floor:
    """What its connections share: one job."""

    def __init__(self) -> None:
        job = full_job(1)
        self.numbers = itertools.count(1)
        self.notify = msgspec.json.encode({"id": None, "method": "mining.notify", "params": [
            job.job_id, job.prevhash_hex, job.coinb1_hex, job.coinb2_hex, job.merkle_branch_hex,
            f"{job.version:08x}", job.nbits_hex, f"{job.ntime:08x}", True,
        ]}) + b"\n"  # fmt: skip
        prepared = prepare_job(job, coin())
        quick = share_job(
            self, 1, coin().library_algorithm, prepared.coinb1, prepared.coinb2, b"".join(prepared.branch_le),
            prepared.prevhash_le, prepared.network_target.to_bytes(HASH_SIZE, "little"), prepared.key_prefix,
            prepared.version, prepared.nbits, prepared.ntime, coin().multiplier, coin().hashes_coinbase_once,
        )  # fmt: skip
        self.jobs = {job.job_id: quick}
        self.batch: list[tuple[str, Any, float, float]] = []


class FloorConnection(asyncio.Protocol):
    """Says true to every line."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._rest = b""
        self._extranonce1 = next(floor.numbers).to_bytes(4, "big")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers go to."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer whole lines, keep the rest."""
        lines = (self._rest + data).splitlines(keepends=True)
        self._rest = b"" if data.endswith(b"\n") else lines.pop()
        for line in lines:
            self._transport.write(self._answer(line))

    def _answer(self, line: bytes) -> bytes:
        call = _decode(line)
        if call.method == "mining.submit":
            return _TRUE % call.id
        if call.method == "mining.subscribe":
            return _SUBSCRIBED % (call.id, self._extranonce1.hex().encode())
        if call.method == "mining.authorize":
            return _TRUE % call.id + self._floor.notify
        return _TRUE % call.id


class CheckingConnection(FloorConnection):
    """Says true to good shares, and knows no bad ones."""

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor)
        self._workers: dict[str, str] = {}
        self._seen: set[bytes] = set()
        self._target_le = MAX_TARGET.to_bytes(HASH_SIZE, "little")

    def _answer(self, line: bytes) -> bytes:
        good = share_check(
            line, self._workers, self._floor.jobs, self._extranonce1, self._seen, 0, 1,
            self._target_le, time.time(),
        )  # fmt: skip
        if good is None:
            call = _decode(line)
            assert call.method != "mining.submit", line
            if call.method == "mining.authorize":
                self._workers[call.params[0]] = call.params[0]
            return super()._answer(line)
        reply_id, worker, job, _, difficulty = good
        self._floor.batch.append((worker, job, difficulty, time.time()))
        if len(self._floor.batch) == BATCH:
            self._floor.batch.clear()
        return b'{"id":%b,"result":true,"error":null}\n' % reply_id


async def main(kind: type[FloorConnection]) -> None:
    """Tell the port, then serve until standard input ends."""
    floor = Floor()
    server = await asyncio.get_running_loop().create_server(lambda: kind(floor), "127.0.0.1", 0, backlog=4096)
    tell({"port": server.sockets[0].getsockname()[1]})
    async for order in orders():
        raise AssertionError(f"nobody gives this server orders: {order}")
    server.close()


if __name__ == "__main__":
    uvloop.run(main(CheckingConnection if sys.argv[1:] == ["--check"] else FloorConnection))
