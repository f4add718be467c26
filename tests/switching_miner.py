"""A miner of a switching port that submits shares of any job it was ever sent, and keeps accounts."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any

ANSWERS_WITHIN_SECONDS = 30.0
JOBS_REMEMBERED = 4
"""So many of the jobs it was sent may still get a share: those of the pools it was in just before, too."""


@dataclass(frozen=True, slots=True)
class HeldJob:
    """A job as it was sent, and when, in seconds of a steady clock."""

    job_id: str
    ntime_hex: str
    clean: bool
    at: float


@dataclass(frozen=True, slots=True)
class Promise:
    """A share and the job that it is for."""

    job_id: str
    extranonce2_hex: str
    nonce_hex: str


class SwitchingMiner:
    """One connection. Every hash has to be a share: it draws nonces and hashes nothing."""

    def __init__(self, number: int, on_job: Callable[[SwitchingMiner, HeldJob], None]) -> None:
        self.key_hash = hashlib.sha256(b"%d" % number).digest()[:20]
        self.rig = f"m{number}"
        self.held: list[HeldJob] = []
        self.promised: list[Promise] = []  # answered with true
        self.refused: Counter[str] = Counter()  # new shares answered with an error, by its text
        self.doubles_taken = 0  # shares repeated and answered with true
        self.connections = 0
        self.extranonces: set[str] = set()
        self._on_job = on_job
        self._random = Random(number)
        self._ids = itertools.count(10)
        self._waiting: dict[int, tuple[Promise, bool]] = {}
        self._answered = asyncio.Event()
        self._logged_in = asyncio.Event()
        self._has_job = asyncio.Event()

    @property
    def user(self) -> str:
        """Its mining key and rig."""
        return f"{self.key_hash.hex()}.{self.rig}"

    async def run(self, port: int) -> None:
        """Mine until cancelled; connect again whenever the server hangs up, which is counted."""
        while True:
            reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
            self.connections += 1
            try:
                self._send(1, "mining.subscribe", "test")
                self._send(2, "mining.authorize", self.user, "x")
                while line := await reader.readline():
                    self._hear(json.loads(line))
            except ConnectionError:
                continue
            finally:
                self._writer.close()

    async def ready(self) -> None:
        """Wait until it can submit."""
        async with asyncio.timeout(ANSWERS_WITHIN_SECONDS):
            await self._logged_in.wait()
            await self._has_job.wait()

    def submit(self, job: HeldJob | None = None) -> None:
        """A new share; mostly of the newest job unless another is given."""
        random = self._random
        if job is None:
            job = self.held[-1] if random.random() < 0.6 else random.choice(self.held[-JOBS_REMEMBERED:])
        extranonce2_hex, nonce_hex = f"{random.getrandbits(32):08x}", f"{random.getrandbits(32):08x}"
        self._submit(Promise(job.job_id, extranonce2_hex, nonce_hex), job.ntime_hex, is_new=True)

    def repeat(self) -> None:
        """A share again that was answered with true, of a job whose time is known still."""
        times = {job.job_id: job.ntime_hex for job in self.held}
        known = [promise for promise in self.promised[-50:] if promise.job_id in times]
        if known:
            promise = self._random.choice(known)
            self._submit(promise, times[promise.job_id], is_new=False)

    async def settled(self) -> None:
        """Wait until everything is answered."""
        async with asyncio.timeout(ANSWERS_WITHIN_SECONDS):
            while self._waiting:
                self._answered.clear()
                await self._answered.wait()

    def _submit(self, promise: Promise, ntime_hex: str, *, is_new: bool) -> None:
        number = next(self._ids)
        self._waiting[number] = promise, is_new
        params = (self.user, promise.job_id, promise.extranonce2_hex, ntime_hex, promise.nonce_hex)
        self._send(number, "mining.submit", *params)

    def _send(self, number: int, method: str, *params: Any) -> None:
        line = json.dumps({"id": number, "method": method, "params": params})
        with suppress(ConnectionError):
            self._writer.write(line.encode() + b"\n")

    def _hear(self, message: dict[str, Any]) -> None:
        if message.get("method") == "mining.notify":
            params = message["params"]
            job = HeldJob(params[0], params[7], params[8], time.perf_counter())
            self.held.append(job)
            self._has_job.set()
            self._on_job(self, job)
        elif message["id"] == 1 and "result" in message:
            self.extranonces.add(message["result"][1])
        elif message["id"] == 2:
            assert message["result"] is True, message
            self._logged_in.set()
        elif message["id"] in self._waiting:
            self._account(message)

    def _account(self, message: dict[str, Any]) -> None:
        promise, is_new = self._waiting.pop(message["id"])
        if message["result"] is True:
            self.doubles_taken += not is_new
            self.promised.append(promise)
        elif is_new:
            self.refused[message["error"][1]] += 1
        self._answered.set()
