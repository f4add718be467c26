"""A miner's end of a stratum connection, scripted by a test."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

from nompcore.messages import Job
from tests.stratum_work import ADDRESS, EASY, Solution, solve, target_of

ANSWERS_WITHIN_SECONDS = 30.0
WORKER = f"{ADDRESS}.rig"


class StratumClient:
    """One connection; replies by id, notifications in order."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._ids = itertools.count(1)
        self._replies: dict[Any, dict[str, Any]] = {}
        self.notifications: list[dict[str, Any]] = []
        self.extranonce1_hex = ""

    async def subscribe(self) -> None:
        """Subscribe and remember extranonce1."""
        reply = await self.call("mining.subscribe", "test")
        self.extranonce1_hex = reply["result"][1]

    def send_bytes(self, data: bytes) -> None:
        """Send anything."""
        self._writer.write(data)

    def send(self, method: str, *params: Any) -> int:
        """Send a request without waiting; its id."""
        request_id = next(self._ids)
        line = json.dumps({"id": request_id, "method": method, "params": params})
        self._writer.write(line.encode() + b"\n")
        return request_id

    async def call(self, method: str, *params: Any) -> dict[str, Any]:
        """Send a request and wait for its reply."""
        return await self.reply(self.send(method, *params))

    def submit(self, solution: Solution, worker: str = WORKER) -> int:
        """Send a share without waiting; its id."""
        return self.send("mining.submit", *solution.params(worker))

    async def reply(self, request_id: int) -> dict[str, Any]:
        """The reply to a request; ConnectionError when the connection ends before."""
        async with asyncio.timeout(ANSWERS_WITHIN_SECONDS):
            while request_id not in self._replies:
                await self._read_line()
        return self._replies.pop(request_id)

    def has_heard(self, request_id: int) -> bool:
        """Whether the reply has been read already, while waiting for another."""
        return request_id in self._replies

    async def notification(self, method: str) -> list[Any]:
        """The parameters of the next notification of this method."""
        async with asyncio.timeout(ANSWERS_WITHIN_SECONDS):
            while True:
                for message in self.notifications:
                    if message["method"] == method:
                        self.notifications.remove(message)
                        params: list[Any] = message["params"]
                        return params
                await self._read_line()

    async def _read_line(self) -> None:
        line = await self._reader.readline()
        if not line:
            raise ConnectionResetError("closed by the server")
        message = json.loads(line)
        if "method" in message:
            self.notifications.append(message)
        else:
            self._replies[message["id"]] = message

    async def is_closed(self) -> bool:
        """Wait until the server closes; false if it does not within a generous time."""
        try:
            async with asyncio.timeout(ANSWERS_WITHIN_SECONDS):
                while await self._reader.read(65536):
                    pass
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            return  # the server was faster

    def solutions(self, job: Job, count: int, difficulty: float = EASY) -> list[Solution]:
        """Different shares that meet the difficulty."""
        found: list[Solution] = []
        for _ in range(count):
            start = int(found[-1].nonce_hex, 16) + 1 if found else 0
            found.append(solve(job, self.extranonce1_hex, at_most=target_of(difficulty), start=start))
        return found


class Clients:
    """The connections of one test, all closed at its end."""

    def __init__(self) -> None:
        self._clients: list[StratumClient] = []

    async def connect(self, port: int, first_bytes: bytes = b"") -> StratumClient:
        """Connect; `first_bytes` go out before everything else."""
        client = StratumClient(*await asyncio.open_connection("127.0.0.1", port))
        self._clients.append(client)
        client.send_bytes(first_bytes)
        return client

    async def mine(self, port: int, worker: str = WORKER, first_bytes: bytes = b"") -> StratumClient:
        """Connect, subscribe, authorize."""
        client = await self.connect(port, first_bytes)
        await client.subscribe()
        assert (await client.call("mining.authorize", worker, "x"))["result"] is True
        return client

    async def close(self) -> None:
        """Hang up everywhere."""
        for client in self._clients:
            await client.close()
