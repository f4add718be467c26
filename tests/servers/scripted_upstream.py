"""An upstream pool that does as a test tells it: says what it is to say, and remembers what it was told."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable
from typing import Any

from nompcore.upstream_job import UpstreamNotify
from tests.servers.process import free_port, wait_until

Verdict = tuple[Any, Any]
"""Result and error of an answer."""


class ScriptedUpstream:
    """One server; it can be stopped and started again on its port. `extranonce2_size` as pools have it."""

    def __init__(self, extranonce1_hex: str = "08000002", extranonce2_size: int = 8) -> None:
        self.port = free_port()
        self.extranonce1_hex = extranonce1_hex
        self.extranonce2_size = extranonce2_size
        self.difficulty = 8.0
        self.mask = "1fffe000"
        self.notify: UpstreamNotify | None = None
        self.hangs_up = False  # as soon as it has given work
        self.submissions: list[list[str]] = []
        self.logins: list[list[str]] = []
        self.verdict: Callable[[list[str]], Verdict] = lambda params: (True, None)
        self._server: asyncio.Server | None = None
        self._miners: set[asyncio.StreamWriter] = set()

    async def start(self, tls: ssl.SSLContext | None = None) -> None:
        """Accept miners."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=tls)

    async def stop(self) -> None:
        """Be gone."""
        if self._server is not None:
            self._server.close()
        for miner in list(self._miners):
            miner.transport.abort()
        await wait_until(lambda: not self._miners, what="its miners are gone")
        self._server = None

    @property
    def is_used(self) -> bool:
        """Whether anybody is connected."""
        return bool(self._miners)

    def say(self, method: str, *params: Any) -> None:
        """To everybody connected."""
        for miner in self._miners:
            miner.write(_line({"id": None, "method": method, "params": params}))

    def send_job(self, notify: UpstreamNotify) -> None:
        """Give everybody this job, and whoever comes later."""
        self.notify = notify
        self.say("mining.notify", *_params(notify))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._miners.add(writer)
        try:
            while line := await reader.readline():
                request = json.loads(line)
                result, error = self._answer(request["method"], request["params"])
                writer.write(_line({"id": request["id"], "result": result, "error": error}))
                if request["method"] == "mining.authorize":
                    self._begin(writer)
                    if self.hangs_up:
                        break
        except ConnectionError:
            pass
        finally:
            self._miners.discard(writer)
            writer.close()

    def _answer(self, method: str, params: list[Any]) -> Verdict:
        match method:
            case "mining.configure":
                return {"version-rolling": True, "version-rolling.mask": self.mask}, None
            case "mining.subscribe":
                return [[["mining.notify", "1"]], self.extranonce1_hex, self.extranonce2_size], None
            case "mining.authorize":
                self.logins.append(params)
            case "mining.submit":
                self.submissions.append(params)
                return self.verdict(params)
        return True, None

    def _begin(self, writer: asyncio.StreamWriter) -> None:
        writer.write(_line({"id": None, "method": "mining.set_difficulty", "params": [self.difficulty]}))
        if self.notify is not None:
            writer.write(_line({"id": None, "method": "mining.notify", "params": _params(self.notify)}))


def _params(notify: UpstreamNotify) -> list[Any]:
    return [
        notify.job_id,
        notify.prevhash_hex,
        notify.coinb1_hex,
        notify.coinb2_hex,
        list(notify.merkle_branch_hex),
        f"{notify.version & 0xFFFFFFFF:08x}",
        notify.nbits_hex,
        f"{notify.ntime:08x}",
        notify.clean_jobs,
    ]


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"
