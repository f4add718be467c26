"""One miner's connection: what comes from its socket and goes there, but for a job that goes to all.

Whatever a peer does to its connection stays there: garbage, floods, silence and slow reading end this
connection and are counted; shares that its earlier lines brought go their way all the same.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time
from typing import TYPE_CHECKING, cast

from services.stratum.dialogue import Dialogue
from services.stratum.door import Door
from services.stratum.entrance import Entrance
from services.stratum.miner_socket import MinerSocket
from services.stratum.proxy_protocol import ProxyProtocolError, plain_ip
from services.stratum.time_outs import SILENT_SECONDS
from services.stratum.tls_stream import TlsError

if TYPE_CHECKING:
    from services.stratum.pool import Pool

log = logging.getLogger(__name__)

# Unsent bytes at which a peer is taken for one that does not read: 20 jobs of a few KB.
MAX_UNSENT_BYTES = 64 * 1024

LINGER_SECONDS = 10.0  # how long a closed peer may take to read what was sent before


class Connection(asyncio.Protocol):
    """From accept to close. `dialogue` is None while it is not known who the peer is."""

    __slots__ = (
        "_accepted_at",
        "_closed_at",
        "_counters",
        "_door",
        "_end_reason",
        "_entrance",
        "_has_place",
        "_plain",
        "_transport",
        "dialogue",
        "ip",
        "is_closed",
        "pool",
        "port",
    )

    def __init__(self, door: Door) -> None:
        self._door = door
        self.pool = door.pool_now
        self._counters = self.pool.counters
        self._accepted_at = self._closed_at = 0.0
        self._has_place = False
        self._plain = False  # bytes pass as they are
        self._end_reason = "closed-by-miner"
        self.dialogue: Dialogue | None = None
        self.is_closed = False
        self.ip = ""
        self.port = door.port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Give the newcomer a place, or turn it away."""
        self._transport = cast("asyncio.Transport", transport)
        self._accepted_at = time.monotonic()
        self.pool = self._door.pool_now
        self._counters = self.pool.counters
        self.ip = _peer_ip(self._transport)
        refusal = self._door.refusal(self.ip)
        if refusal is not None:
            self._counters.hangups[refusal] += 1
            self.is_closed = True
            self._transport.abort()
            return
        self._has_place = True
        self._door.enter(self)
        self._entrance: Entrance = self._door.entrance(self.ip)
        self._plain = self._entrance.is_plain
        self._transport.set_write_buffer_limits(high=MAX_UNSENT_BYTES)
        if not self._entrance.awaits_header:
            self._admit()

    def data_received(self, data: bytes) -> None:
        """Bytes from the peer."""
        self._counters.bytes_received += len(data)
        if self.is_closed:
            return
        if self._plain and self.dialogue is not None:
            self.dialogue.feed(data)
            return
        data = self._enter(data)
        if data and self.dialogue is not None:
            self.dialogue.feed(data)
        if self._entrance.ended and not self.is_closed:
            self._send(self._entrance.close())
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone, whoever closed it."""
        self.is_closed = True
        if not self._has_place:
            return
        self._door.leave(self)
        if self.dialogue is not None:
            self._log_end(self.dialogue)
            dialogue, self.dialogue = self.dialogue, None  # no ring of references for the collector
            dialogue.ended()

    def pause_writing(self) -> None:
        """The peer does not read: what we send it would pile up here."""
        self.hang_up("slow-reader")
        self.abort()

    def write(self, data: bytes) -> None:
        """Send, if there is anything and anybody."""
        if data and not self.is_closed:
            if not self._plain:
                data = self._entrance.send(data)
            self._counters.bytes_sent += len(data)
            self._transport.write(data)

    def idle_descriptor(self) -> int:
        """The socket, where bytes written to it now would neither be changed nor wait behind others; else -1.

        It is another connection's as soon as the event loop gets a turn: for use at once.
        """
        peer = self._transport
        return peer.idle_descriptor() if self._plain and isinstance(peer, MinerSocket) else -1

    def sweep(self, now: float) -> None:
        """Look at what only the clock can tell: time-outs, silence, a peer that will not close."""
        if self.is_closed:
            if now - self._closed_at > LINGER_SECONDS:
                self.abort()
        elif self.dialogue is not None:
            self.dialogue.sweep(now)
        elif now - self._accepted_at > SILENT_SECONDS:
            self.hang_up("silent")

    def move(self, pool: Pool, now: float) -> None:
        """Its port mines another pool from now on."""
        self._door.carry(self, pool)
        self._counters = pool.counters
        if self.dialogue is not None and not self.is_closed:
            self.dialogue.move(pool, self._door.terms_in(pool), now)

    def hang_up(self, reason: str) -> bool:
        """Close, for one of a few constant reasons; False when it was closed already."""
        if self.is_closed:
            return False
        self._send(self._entrance.close())
        self.is_closed = True
        self._closed_at = time.monotonic()
        self._end_reason = reason
        self._counters.hangups[reason] += 1
        log.debug("connection closed", extra={**self._facts(), "reason": reason})
        self._transport.close()
        return True

    def abort(self) -> None:
        """Close without sending what is unsent."""
        self._transport.abort()

    def pause_reading(self) -> None:
        """Leave in the socket what the peer sends."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take it again."""
        self._transport.resume_reading()

    def _send(self, data: bytes) -> None:
        if data:
            self._counters.bytes_sent += len(data)
            self._transport.write(data)

    def _enter(self, data: bytes) -> bytes:
        """The plaintext of the first bytes, or of TLS records; empty when there is none or it is over."""
        try:
            passed = self._entrance.receive(data)
        except ProxyProtocolError:
            return self._refuse("proxy-header")
        except TlsError as error:
            self._send(error.alert)
            return self._refuse("tls")
        self._send(passed.to_send)
        if self.dialogue is None and not self._entrance.awaits_header:
            self.ip = self._entrance.source_ip or self.ip
            self._admit()
        self._plain = self._entrance.is_plain
        return b"" if self.is_closed else passed.plaintext

    def _refuse(self, reason: str) -> bytes:
        """The peer begins with something else than it should."""
        group = self.dialogue.group if self.dialogue else self._door.group_of(self.ip)
        if self.hang_up(reason):
            self._door.warden.junk(group, self._closed_at)
        return b""

    def _admit(self) -> None:
        guest = self._door.admit(self, time.monotonic())
        if isinstance(guest, str):
            self.hang_up(guest)
            self.abort()
            return
        self.dialogue = Dialogue(self, self.pool, self._door.warden, guest)

    def _log_end(self, dialogue: Dialogue) -> None:
        session = dialogue.session
        level = logging.INFO if session.workers else logging.DEBUG
        totals = {
            "agent": session.agent,
            "workers": len(session.workers),
            "seconds": round(time.monotonic() - session.started, 1),
            "accepted": session.accepted,
            "rejected": session.rejected,
            "reason": self._end_reason,
        }
        log.log(level, "session ended", extra={**self._facts(), **totals})

    def _facts(self) -> dict[str, object]:
        workers = self.dialogue.session.workers if self.dialogue else {}
        worker = next(iter(workers.values()), None)
        return {
            "pool": self.pool.config.name,
            "port": self.port,
            "ip": self.ip,
            "worker": worker.name if worker else "",
        }


def _peer_ip(transport: asyncio.Transport) -> str:
    """The peer's address; empty when it has gone before we could ask."""
    peer = transport.get_extra_info("peername")
    if not peer:
        return ""
    text: str = peer[0]
    return plain_ip(ipaddress.ip_address(text.partition("%")[0])) if ":" in text else text
