"""What a handler gets: the call, and the daemon that it is for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nompcore.address import script_for
from nompcore.errors import AddressError
from simcoind.block_tree import BlockEntry
from simcoind.faults import FaultBoard, FaultKind
from simcoind.node import Node
from simcoind.rpc.error import INVALID_ADDRESS_OR_KEY, WALLET_NOT_FOUND, WALLET_NOT_SPECIFIED, RpcError
from simcoind.rpc.params import Params
from simcoind.self_mining import SelfMiner
from simcoind.wallet import Wallet

DEFAULT_WALLET = ""
"""The wallet that is there from the start, so that a newcomer needs none of the wallet calls."""


@dataclass(frozen=True, slots=True)
class Daemon:
    """Everything that handlers work on."""

    node: Node
    miner: SelfMiner
    faults: FaultBoard
    stop: asyncio.Event
    started_seconds: int


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `wallet_name` is None when the URL names none, `fault` what the handler has to feign."""

    daemon: Daemon
    params: Params
    wallet_name: str | None
    is_client_gone: Callable[[], bool]
    fault: FaultKind | None = None

    @property
    def node(self) -> Node:
        """The node."""
        return self.daemon.node

    @property
    def wallet(self) -> Wallet:
        """The wallet of the URL, else the only one that was created, else the default. -18, -19."""
        wallets = self.node.wallets
        if self.wallet_name is not None:
            if self.wallet_name not in wallets:
                raise RpcError(WALLET_NOT_FOUND, "Requested wallet does not exist or is not loaded")
            return wallets[self.wallet_name]
        created = [name for name in wallets if name != DEFAULT_WALLET]
        if len(created) > 1:
            text = "Wallet file not specified (must request wallet RPC through /wallet/<filename> uri-path)."
            raise RpcError(WALLET_NOT_SPECIFIED, text)
        return wallets[created[0] if created else DEFAULT_WALLET]

    def script_for(self, address: str) -> bytes:
        """The script of an address. Raises RpcError -5."""
        try:
            return script_for(address, self.node.parameters.network)
        except AddressError as error:
            text = f"Invalid {self.node.parameters.coin_name} address: {address}"
            raise RpcError(INVALID_ADDRESS_OR_KEY, text) from error

    def block(self, index: int = 0) -> BlockEntry:
        """The known block whose hash is a parameter. Raises RpcError -5."""
        entry = self.node.chain.tree.get(self.params.hash_le(index, "blockhash"))
        if entry is None:
            raise RpcError(INVALID_ADDRESS_OR_KEY, "Block not found")
        return entry


Handler = Callable[[Call], object | Awaitable[object]]
"""Answers a call, at once or, when it must wait, by a coroutine. The docstring's first line is the usage."""
