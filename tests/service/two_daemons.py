"""A simulated and a real daemon, each with three mature coins, and how their answers are compared."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from nompcore.daemon import Daemon
from nompcore.errors import DaemonError, DaemonRefused
from nompcore.hashing import pow_hash
from tests.servers import Litecoind, SimCoind
from tests.servers.litecoind import WALLET

RULES = {"rules": ["mweb", "segwit"]}
SCRYPT = pow_hash("scrypt")
BLOCKS = 103
"""Blocks mined to the wallet: after 103, three coinbases are mature."""
FOREIGN_ADDRESS = "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn"


@dataclass
class Node:
    """A daemon with a wallet that has three mature coins, and how to ask it."""

    daemon: Daemon
    address: str

    async def ask(self, method: str, *params: object) -> Any:
        """The result, or the error's code and text."""
        try:
            return await self.daemon.call(method, *params, timeout_seconds=60)
        except DaemonRefused as error:
            return error
        except DaemonError as error:
            return type(error)


async def ready(daemon: Daemon) -> Node:
    address = await daemon.call("getnewaddress")
    await daemon.call("generatetoaddress", BLOCKS, address, timeout_seconds=60)
    return Node(daemon, address)


@asynccontextmanager
async def simulated_node(directory: Path) -> AsyncIterator[Node]:
    """simcoind."""
    server = SimCoind(directory)
    await server.start()
    await server.create_wallet(WALLET)
    async with server.daemon(WALLET) as daemon:
        yield await ready(daemon)
    await server.stop()


@asynccontextmanager
async def real_node(litecoind: Litecoind) -> AsyncIterator[Node]:
    """litecoind."""
    async with litecoind.daemon(WALLET) as daemon:
        yield await ready(daemon)


def kind(value: object) -> str:
    """The JSON kind of a value."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float | Decimal):
        return "number"
    return type(value).__name__


def essence(answer: Any) -> Any:
    """What must be equal in both worlds, whose hashes and times differ."""
    if isinstance(answer, DaemonRefused):
        # in brackets and behind a comma are details; which flags are mandatory is a matter of real scripts
        return (
            answer.code,
            re.split(r"[,(]", answer.text)[0].strip().removeprefix("non-").removesuffix("-failed"),
        )
    if isinstance(answer, dict):
        names = (
            "amount",
            "fee",
            "confirmations",
            "complete",
            "changepos",
            "generated",
            "comment",
            "to",
        )
        told = {name: answer[name] for name in names if name in answer}
        return told | {"details": [(row["category"], row["amount"]) for row in answer.get("details", [])]}
    return kind(answer)
