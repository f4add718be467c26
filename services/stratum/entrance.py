"""What comes before a connection's first line: a PROXY header, a TLS handshake, both or neither. No socket.

Bytes of the socket go in, bytes of the conversation come out. Neither layer holds more than its own longest
message, so a peer that never finishes one costs little.
"""

from __future__ import annotations

import ssl
from typing import Literal

import msgspec

from services.stratum.proxy_protocol import ProxyHeader, begins_header, parse_proxy_header
from services.stratum.tls_stream import TlsStream, looks_like_tls

TlsMode = Literal["off", "on", "auto"]


class Passed(msgspec.Struct, frozen=True):
    """Bytes for the peer, and what it said."""

    plaintext: bytes
    to_send: bytes = b""


class Entrance:
    """Of one connection; `tls` is the context of the port's certificate, None where it has none."""

    __slots__ = ("_header", "_header_required", "_start", "_tls", "_tls_context", "_tls_mode", "source_ip")

    def __init__(
        self, *, expects_header: bool, header_required: bool, tls_mode: TlsMode, tls: ssl.SSLContext | None
    ) -> None:
        self._header: bytes | None = b"" if expects_header else None
        self._header_required = header_required
        self._tls_mode: TlsMode = tls_mode
        self._tls_context = tls
        self._tls: TlsStream | None = None
        self._start = tls is not None and tls_mode != "off"  # the first bytes tell whether it is TLS
        self.source_ip: str | None = None  # from the header

    @property
    def awaits_header(self) -> bool:
        """Whether it is not yet known who the peer is."""
        return self._header is not None

    @property
    def is_plain(self) -> bool:
        """Whether bytes pass as they are from now on."""
        return self._header is None and not self._start and self._tls is None

    def receive(self, data: bytes) -> Passed:
        """Bytes of the socket. Raises ProxyProtocolError or TlsError: the peer speaks something else."""
        if self._header is not None:
            data = self._read_header(self._header + data)
        if self._header is not None or not data:
            return Passed(b"")
        if self._start:
            self._start = False
            self._choose_tls(data)
        return Passed(data) if self._tls is None else Passed(*self._tls.receive(data))

    @property
    def ended(self) -> bool:
        """Whether the peer said that nothing more comes, as TLS does before it closes."""
        return self._tls is not None and self._tls.ended

    def send(self, plaintext: bytes) -> bytes:
        """The bytes for the socket."""
        return plaintext if self._tls is None else self._tls.send(plaintext)

    def close(self) -> bytes:
        """The last bytes for the socket."""
        return b"" if self._tls is None else self._tls.close()

    def _choose_tls(self, data: bytes) -> None:
        if self._tls_context is not None and (self._tls_mode == "on" or looks_like_tls(data)):
            self._tls = TlsStream(self._tls_context)

    def _read_header(self, data: bytes) -> bytes:
        """What follows the header; `_header` becomes None when it is known that there is no more of it."""
        if not self._header_required and not begins_header(data):
            self._header = None
            return data
        header: ProxyHeader | None = parse_proxy_header(data)
        if header is None:
            self._header = data
            return b""
        self._header = None
        self.source_ip = header.source_ip
        return data[header.size :]


OPEN = Entrance(expects_header=False, header_required=False, tls_mode="off", tls=None)
"""Bytes pass as they are from the first on. It remembers nothing, so one is enough for all."""
