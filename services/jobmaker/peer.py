"""News of blocks from a node of the coin's network: connected for ever, through restarts and refusals."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable

from nompcore.patience import Patience
from nompcore.version import VERSION
from services.jobmaker.news_metrics import (
    PEER_CONNECTED,
    PEER_CONNECTS,
    PEER_DISCONNECTS,
    PEER_DROPPED,
    PEER_DROPPED_BYTES,
)
from services.jobmaker.peer_connection import NONCE_BYTES, Ending, PeerConnection, PeerPace
from services.jobmaker.peer_dialogue import BlockAnnounced, BlockId, Event, Handshaken, PeerDialogue
from services.jobmaker.peer_message import Dropped
from services.jobmaker.peer_payload import Introduction, PeerVersion

log = logging.getLogger(__name__)

USER_AGENT = f"/nomp:{VERSION}/"

FIRST_RETRY_SECONDS, RETRY_CAP_SECONDS = 0.5, 10.0

DEFAULT_PACE = PeerPace()


class PeerNews:
    """One node, connected to again and again.

    `protocol_version` is asked before each connection. `block_id` gives a header's block id in internal byte
    order. `on_block` is called with the id, as people write it, of each block that the node announces;
    `on_missed` when the node is connected again, as blocks may have come in between.
    """

    def __init__(
        self,
        pool_name: str,
        host: str,
        port: int,
        magic: bytes,
        protocol_version: Callable[[], Awaitable[int]],
        relay_transactions: bool,
        block_id: BlockId,
        on_block: Callable[[str], None],
        *,
        on_missed: Callable[[], None],
        pace: PeerPace = DEFAULT_PACE,
    ) -> None:
        self._pool_name = pool_name
        self._host = host
        self._port = port
        self._magic = magic
        self._protocol_version = protocol_version
        self._relay_transactions = relay_transactions
        self._block_id = block_id
        self._on_block = on_block
        self._on_missed = on_missed
        self._pace = pace
        self._handshakes = 0
        self._handshaken_at: float | None = None  # of this connection, on the loop's clock
        self._told: Ending | None = None  # in the log, since the last handshake

    async def run(self) -> None:
        """Listen for ever."""
        patience = Patience(FIRST_RETRY_SECONDS, RETRY_CAP_SECONDS)
        connected = PEER_CONNECTED.labels(self._pool_name)
        connected.set(0)
        while True:
            self._handshaken_at = None
            dialogue = PeerDialogue(self._magic, await self._introduction(), self._block_id)
            try:
                ending = await PeerConnection(dialogue, self._pace, self._take).last(self._host, self._port)
            finally:
                connected.set(0)
            self._tell(ending)
            if self._lasted():
                patience.reset()
            await patience.wait()

    async def _introduction(self) -> Introduction:
        return Introduction(
            protocol_version=await self._protocol_version(),
            time_seconds=int(time.time()),
            nonce=secrets.token_bytes(NONCE_BYTES),
            user_agent=USER_AGENT,
            relays=self._relay_transactions,
        )

    def _take(self, event: Event) -> None:
        if isinstance(event, BlockAnnounced):
            self._on_block(event.hash_display)
        elif isinstance(event, Handshaken):
            self._begin(event.peer)
        elif isinstance(event, Dropped):
            PEER_DROPPED.labels(self._pool_name, event.why).inc()
            PEER_DROPPED_BYTES.labels(self._pool_name, event.why).inc(event.size)

    def _begin(self, peer: PeerVersion) -> None:
        self._handshaken_at = asyncio.get_running_loop().time()
        self._told = None
        PEER_CONNECTED.labels(self._pool_name).set(1)
        PEER_CONNECTS.labels(self._pool_name).inc()
        log.info("peer connected", extra={"peer": self._name, "agent": peer.user_agent})
        self._handshakes += 1
        if self._handshakes > 1:
            self._on_missed()

    def _tell(self, ending: Ending) -> None:
        PEER_DISCONNECTS.labels(self._pool_name, ending.why).inc()
        if ending != self._told:  # the same failure, again and again, is one line
            log.warning("no peer", extra={"peer": self._name, "why": ending.why, "detail": ending.detail})
        self._told = ending

    def _lasted(self) -> bool:
        """Whether the connection was one: a node that hangs up at once is not hurried after."""
        since = self._handshaken_at
        return since is not None and asyncio.get_running_loop().time() - since >= RETRY_CAP_SECONDS

    @property
    def _name(self) -> str:
        return f"{self._host}:{self._port}"
