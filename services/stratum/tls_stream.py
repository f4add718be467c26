"""TLS of one connection, server side, without its socket: records in, plaintext out, and back.

The standard library's TLS runs over memory (RFC 8446, RFC 5246). What a peer can make this hold is one
record, 16 KiB: the handshake is passed on record by record, and a ClientHello must lie in one of them.
"""

from __future__ import annotations

import ssl
from contextlib import suppress

HANDSHAKE = 22  # content type (RFC 8446 section 5.1)
CHANGE_CIPHER_SPEC = 20
CONTENT_TYPES = range(20, 24)
RECORD_HEAD_BYTES = 5  # type, version (always 3.x), length
MAX_RECORD_BYTES = RECORD_HEAD_BYTES + 16384 + 2048  # ciphertext of TLS 1.2 is the longest (RFC 5246 6.2.3)
MESSAGE_HEAD_BYTES = 4  # type, length (RFC 8446 section 4)

# The random by which a ServerHello is a HelloRetryRequest (RFC 8446 section 4.1.3), and where it stands.
RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
RETRY_RANDOM_AT = RECORD_HEAD_BYTES + MESSAGE_HEAD_BYTES + 2

HANDSHAKE_FAILURE = bytes.fromhex("15030300020228")  # a fatal alert (RFC 8446 section 6)

SLICE_BYTES = 16384  # a memory BIO never gives back what it once grew to


class TlsError(Exception):
    """The peer does not speak TLS as it should; `alert` is what to send it before closing, maybe nothing."""

    def __init__(self, reason: str, alert: bytes = b"") -> None:
        super().__init__(reason)
        self.alert = alert


def looks_like_tls(first: bytes) -> bool:
    """Whether a connection that begins so speaks TLS: a handshake record. No line of stratum does."""
    return first[:1] == bytes((HANDSHAKE,))


class TlsStream:
    """One connection's TLS; `ended` once the peer has said that nothing follows (close_notify)."""

    __slots__ = (
        "_awaits_hello",
        "_closed",
        "_early",
        "_established",
        "_held",
        "_incoming",
        "_outgoing",
        "_tls",
        "ended",
    )

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._held = bytearray()  # of the handshake: the record that is not complete yet
        self._early = bytearray()  # plaintext to send once the handshake is done
        self._awaits_hello = True
        self._established = self._closed = self.ended = False

    def receive(self, data: bytes) -> tuple[bytes, bytes]:
        """Bytes of the socket → (plaintext, bytes for the socket). Nothing comes after close_notify.

        Raises TlsError, with which plaintext of the same bytes is lost; the stream is over then.
        """
        if self._closed or self.ended:
            return b"", b""
        to_send = bytearray()
        try:
            if not self._established:
                data = self._shake_hands(data, to_send)
            plaintext = self._decrypt(data, to_send)
        except ssl.SSLZeroReturnError:  # close_notify instead of the handshake's end
            self._closed = self.ended = True
            return b"", bytes(to_send)
        except ssl.SSLError as error:
            self._closed = True
            raise TlsError(error.reason or str(error), bytes(to_send) + self._outgoing.read()) from error
        return plaintext, bytes(to_send)

    def send(self, plaintext: bytes) -> bytes:
        """Records for the socket; none before the handshake is done, which brings them, nor after the end."""
        if self._closed:
            return b""
        if self._established:
            return self._encrypt(plaintext)
        self._early += plaintext
        return b""

    def close(self) -> bytes:
        """close_notify, for the socket; nothing where there is no TLS to end. The stream is over."""
        if self._closed or not self._established:
            self._closed = True
            return b""
        self._closed = True
        with suppress(ssl.SSLWantReadError):  # for the peer's, which we need not see
            self._tls.unwrap()
        return self._outgoing.read()

    def _shake_hands(self, data: bytes, to_send: bytearray) -> bytes:
        """Go on with the handshake; what follows it in `data`."""
        self._held += data
        while not self._established and (record := self._next_record()):
            self._incoming.write(record)
            with suppress(ssl.SSLWantReadError):
                self._tls.do_handshake()
                self._established = True
            answer = self._outgoing.read()
            to_send += answer
            if record[0] != CHANGE_CIPHER_SPEC:
                self._awaits_hello = answer.startswith(RETRY_RANDOM, RETRY_RANDOM_AT)
        if not self._established:
            return b""
        rest, self._held = bytes(self._held), bytearray()
        to_send += self._encrypt(bytes(self._early))
        self._early.clear()
        return rest

    def _next_record(self) -> bytes:
        """The next whole record, taken from what is held; empty while there is none.

        What can be no record is passed on at once, for the TLS library to refuse.
        """
        if len(self._held) < RECORD_HEAD_BYTES:
            return b""
        size = RECORD_HEAD_BYTES + int.from_bytes(self._held[3:RECORD_HEAD_BYTES], "big")
        is_record = self._held[0] in CONTENT_TYPES and self._held[1] == 3 and size <= MAX_RECORD_BYTES
        if not is_record:
            size = len(self._held)
        elif len(self._held) < size:
            return b""
        record = bytes(self._held[:size])
        if self._awaits_hello and is_record and record[0] == HANDSHAKE:
            self._check_hello(record)
        del self._held[:size]
        return record

    def _check_hello(self, record: bytes) -> None:
        """Refuse a ClientHello that goes on in other records.

        The library would reserve up to 128 KiB for it, on the word of its first four bytes.
        """
        message = record[RECORD_HEAD_BYTES:]
        if MESSAGE_HEAD_BYTES + int.from_bytes(message[1:MESSAGE_HEAD_BYTES], "big") > len(message):
            self._closed = True
            raise TlsError("ClientHello in pieces", HANDSHAKE_FAILURE)

    def _decrypt(self, data: bytes, to_send: bytearray) -> bytes:
        plaintext = bytearray()
        for start in range(0, len(data), SLICE_BYTES):
            self._incoming.write(data[start : start + SLICE_BYTES])
            plaintext += self._read()
            to_send += self._outgoing.read()
            if self.ended:
                break
        return bytes(plaintext)

    def _read(self) -> bytes:
        """The plaintext of the records that are complete."""
        plaintext = bytearray()
        with suppress(ssl.SSLWantReadError):
            while piece := self._tls.read(SLICE_BYTES):
                plaintext += piece
            self.ended = True
        return bytes(plaintext)

    def _encrypt(self, plaintext: bytes) -> bytes:
        records = bytearray()
        for start in range(0, len(plaintext), SLICE_BYTES):
            self._tls.write(plaintext[start : start + SLICE_BYTES])
            records += self._outgoing.read()
        return bytes(records)
