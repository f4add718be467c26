"""A real wallet made old: a relay in front of it that knows no fundrawtransaction and can lose replies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from nompcore.config import DaemonConfig
from nompcore.errors import DaemonRefused
from tests.servers.relay_daemon import HttpAnswer, RelayDaemon
from tests.servers.scripted_daemon import METHOD_NOT_FOUND, Refusal

MISSING = (
    "fundrawtransaction", "signrawtransactionwithwallet", "signrawtransaction", "getaddressinfo",
    "listlockunspent", "lockunspent",
)  # fmt: skip
"""What wallets did not have before 0.12."""

KEPT = (
    "createrawtransaction", "decoderawtransaction", "getbalance", "getblock", "getblockchaininfo",
    "getblockcount", "getblockhash", "getblockheader", "getinfo", "getnetworkinfo", "getrawtransaction",
    "gettransaction", "listsinceblock", "listtransactions", "listunspent", "sendmany", "sendrawtransaction",
)  # fmt: skip


class OldWallet:
    """`sent`: comments of all sendmany calls that reached the wallet. `config` is how services reach it."""

    def __init__(self, relay: RelayDaemon) -> None:
        self.relay = relay
        self.sent: list[str] = []
        self.loses_replies = False  # the wallet sends, and nobody hears of it
        self.loses_requests = False  # the wallet is never asked, and nobody knows
        for method in KEPT:
            relay.answers[method] = self._pass_on(method)
        for method in MISSING:
            relay.answers[method] = _unknown
        relay.answers["validateaddress"] = self._validate
        relay.answers["sendmany"] = self._send

    @property
    def config(self) -> DaemonConfig:
        """How services reach it."""
        return self.relay.config

    async def ask(self, method: str, params: list[Any]) -> object:
        """What the wallet behind says."""
        try:
            return await self.relay.ask_behind(method, *params)
        except DaemonRefused as refused:
            raise Refusal(refused.code, refused.text) from refused

    def _pass_on(self, method: str) -> Any:
        async def answer(params: list[Any]) -> object:
            return await self.ask(method, params)

        return answer

    async def _validate(self, params: list[Any]) -> object:
        """Old wallets say here what newer ones say in getaddressinfo."""
        return await self.ask("getaddressinfo", params)

    async def _send(self, params: list[Any]) -> object:
        if self.loses_requests:
            return HttpAnswer(504)
        txid = await self.ask("sendmany", params)
        self.sent.append(params[3])
        return HttpAnswer(504) if self.loses_replies else txid


async def _unknown(_params: list[Any]) -> object:
    raise Refusal(METHOD_NOT_FOUND, "Method not found")


@asynccontextmanager
async def old_wallet(behind: DaemonConfig) -> AsyncIterator[OldWallet]:
    """An old wallet for the length of the block; its money is that of the one behind."""
    async with RelayDaemon(behind).serving() as relay:
        yield OldWallet(relay)
