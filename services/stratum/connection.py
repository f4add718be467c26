"""One miner's socket: the only code of the service that reads and writes it.

Whatever a peer does to its connection stays there: garbage, floods, silence and slow reading end this
connection and are counted; shares that its earlier lines brought go their way all the same.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import time
from typing import cast

from services.stratum.door import Door
from services.stratum.framing import LineBuffer, LineTooLongError
from services.stratum.proxy_protocol import ProxyProtocolError, parse_proxy_header, plain_ip
from services.stratum.session import Hangup, RefusedShare, Session, SubmittedShare

log = logging.getLogger(__name__)

# Unanswered shares of one connection. Beyond them it is not read, so that a flood waits in its own socket and
# not in front of other miners' shares; an honest miner has one or two.
MAX_UNANSWERED = 64

# Unsent bytes at which a peer is taken for one that does not read: 20 jobs of a few KB.
MAX_UNSENT_BYTES = 64 * 1024

LINGER_SECONDS = 10.0  # how long a closed peer may take to read what was sent before


class Connection(asyncio.Protocol):
    """From accept to close."""

    __slots__ = (
        "_closed",
        "_closed_at",
        "_door",
        "_end_reason",
        "_header",
        "_lines",
        "_paused",
        "_transport",
        "_unanswered",
        "ip",
        "port",
        "session",
    )

    session: Session

    def __init__(self, door: Door) -> None:
        self._door = door
        self._lines = LineBuffer()
        self._header: bytes | None = b"" if door.pool.config.tcp_proxy_protocol else None
        self._unanswered = 0
        self._paused = False
        self._closed = False
        self._closed_at = 0.0
        self._end_reason = "closed-by-miner"
        self.ip = ""
        self.port = door.port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Give the newcomer its extranonce1, or turn it away."""
        self._transport = cast("asyncio.Transport", transport)
        self.ip = _peer_ip(self._transport)
        session = self._door.admit(self, time.monotonic())
        if session is None:
            self._closed = True
            self._transport.abort()
            return
        self.session = session
        self._transport.set_write_buffer_limits(high=MAX_UNSENT_BYTES)
        connected = self._transport.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def data_received(self, data: bytes) -> None:
        """Bytes from the peer."""
        self._door.pool.counters.bytes_received += len(data)
        if self._closed:
            return
        if self._header is not None:
            self._read_header(self._header + data)
            return
        self._lines.feed(data)
        self._handle_lines()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone, whoever closed it."""
        self._closed = True
        if self._door.leave(self):
            self._log_end()

    def pause_writing(self) -> None:
        """The peer does not read: what we send it would pile up here."""
        self.hang_up("slow-reader")
        self.abort()

    def answer(self, reply: bytes) -> None:
        """Send the answer of a submitted share and read on if the peer had to wait."""
        self._unanswered -= 1
        self._write(reply)
        if self._paused and not self._closed and self._unanswered < MAX_UNANSWERED:
            self._paused = False
            self._transport.resume_reading()
            self._handle_lines()

    def send_job(self, now: float) -> None:
        """Send the current job, unless the miner has it."""
        self._write(self.session.next_job(now))

    def sweep(self, now: float) -> None:
        """Look at what only the clock can tell: time-outs, silence, a peer that will not close."""
        if self._closed:
            if now - self._closed_at > LINGER_SECONDS:
                self.abort()
            return
        reason = self.session.overdue(now, self._door.pool.config.connection_timeout_seconds)
        if reason is not None:
            self.hang_up(reason)
        else:
            self.session.look_for_silence(now)

    def hang_up(self, reason: str) -> None:
        """Close, for one of a few constant reasons."""
        if self._closed:
            return
        self._closed = True
        self._end_reason = reason
        self._door.pool.counters.hangups[reason] += 1
        log.debug("connection closed", extra={**self._facts(), "reason": reason})
        self._closed_at = time.monotonic()
        self._transport.close()

    def abort(self) -> None:
        """Close without sending what is unsent."""
        self._transport.abort()

    def stop_reading(self) -> None:
        """Take no more shares: the service ends. Those under way will be answered."""
        if not self._closed:
            self._paused = False  # an answer must not make it read again
            self._transport.pause_reading()

    def _write(self, data: bytes) -> None:
        if data and not self._closed:
            self._door.pool.counters.bytes_sent += len(data)
            self._transport.write(data)

    def _read_header(self, data: bytes) -> None:
        try:
            header = parse_proxy_header(data)
        except ProxyProtocolError:
            self.hang_up("proxy-header")
            return
        if header is None:
            self._header = data
            return
        self._header = None
        self.ip = header.source_ip or self.ip
        self._lines.feed(data[header.size :])
        self._handle_lines()

    def _handle_lines(self) -> None:
        try:
            while not self._closed:
                if self._unanswered >= MAX_UNANSWERED:
                    self._paused = True
                    self._transport.pause_reading()
                    return
                line = self._lines.next_line()
                if line is None:
                    return
                self._handle(line)
        except LineTooLongError:
            self.hang_up("flood")

    def _handle(self, line: bytes) -> None:
        outcome = self.session.receive(line, time.monotonic())
        if isinstance(outcome, SubmittedShare):
            self._unanswered += 1
            self._door.pool.shares.take(self, outcome)
        elif isinstance(outcome, bytes):
            self._write(outcome)
        elif isinstance(outcome, RefusedShare):
            self._door.pool.shares.count_refusal(self, outcome.worker, outcome.reason)
            self._write(outcome.reply)
        elif isinstance(outcome, Hangup):
            self.hang_up(outcome.reason)

    def _log_end(self) -> None:
        session = self.session
        level = logging.INFO if session.workers else logging.DEBUG
        totals = {
            "workers": len(session.workers),
            "seconds": round(session.seconds(time.monotonic()), 1),
            "accepted": session.accepted,
            "rejected": session.rejected,
            "reason": self._end_reason,
        }
        log.log(level, "session ended", extra={**self._facts(), **totals})

    def _facts(self) -> dict[str, object]:
        worker = next(iter(self.session.workers.values()), None)
        return {
            "pool": self._door.pool.config.name,
            "port": self.port,
            "ip": self.ip,
            "worker": worker.name if worker else "",
        }


def _peer_ip(transport: asyncio.Transport) -> str:
    """The peer's address; empty when it has gone before we could ask."""
    peer = transport.get_extra_info("peername")
    return plain_ip(ipaddress.ip_address(peer[0].partition("%")[0])) if peer else ""
