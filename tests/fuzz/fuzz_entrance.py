"""A connection's first bytes, in pieces: the miner's address and its lines are those of the whole.

An input's first byte says what the port expects and how long the pieces are; the rest is what the peer sends.
"""

from __future__ import annotations

from itertools import takewhile

from services.stratum.entrance import Entrance
from services.stratum.framing import MAX_LINE_BYTES, LineBuffer, LineTooLongError
from services.stratum.ip_group import ban_key, group_of_key, ip_group
from services.stratum.proxy_policy import Networks
from services.stratum.proxy_protocol import (
    V2_FIXED_BYTES,
    V2_MAX_BODY_BYTES,
    ProxyProtocolError,
    begins_header,
    parse_proxy_header,
)

BALANCERS = Networks(("10.0.0.0/8", "2001:db8::/32"))
PIECES = (1, 2, 3, 5, 17, 64, 1000, 1 << 16)

Heard = tuple[str | None, list[bytes]]
"""The address and the lines."""


def check_entrance(data: bytes) -> None:
    """Compare a connection in pieces with the same bytes at once."""
    if not data:
        return
    choice, sent = data[0], data[1:]
    expects, required, piece = bool(choice & 1), bool(choice & 2), PIECES[choice >> 2 & 7]
    heard = _in_pieces(sent, piece, expects=expects, required=required)
    assert heard == _at_once(sent, expects=expects, required=required)
    if heard is not None and heard[0] is not None:
        _check_address(heard[0])


def _in_pieces(sent: bytes, piece: int, *, expects: bool, required: bool) -> Heard | None:
    entrance = Entrance(expects_header=expects, header_required=required, tls_mode="off", tls=None)
    buffer, lines = LineBuffer(), list[bytes]()
    for start in range(0, len(sent), piece):
        try:
            passed = entrance.receive(sent[start : start + piece])
        except ProxyProtocolError:
            return None
        assert passed.to_send == b""
        assert len(entrance._header or b"") < V2_FIXED_BYTES + V2_MAX_BODY_BYTES
        assert passed.plaintext == b"" or entrance.is_plain
        if not _read(buffer, passed.plaintext, lines):
            break
    return entrance.source_ip, lines


def _read(buffer: LineBuffer, data: bytes, lines: list[bytes]) -> bool:
    """Whether the line is still worth listening to."""
    buffer.feed(data)
    try:
        while (line := buffer.next_line()) is not None:
            lines.append(line)
    except LineTooLongError:
        return False
    assert len(buffer._bytes) - buffer._start <= MAX_LINE_BYTES
    assert len(buffer._bytes) <= MAX_LINE_BYTES + len(data)
    return True


def _at_once(sent: bytes, *, expects: bool, required: bool) -> Heard | None:
    """The same by the words of the specification: a header, then lines."""
    source_ip = None
    if expects and sent and (required or begins_header(sent)):
        try:
            header = parse_proxy_header(sent)
        except ProxyProtocolError:
            return None
        if header is None:
            return None, []
        source_ip, sent = header.source_ip, sent[header.size :]
    *whole, _ = sent.split(b"\n")
    return source_ip, [line for line in takewhile(lambda line: len(line) <= MAX_LINE_BYTES, whole) if line]


def _check_address(ip: str) -> None:
    group = ip_group(ip)
    assert group_of_key(ban_key(group)) == group
    assert "%" not in ip
    assert (ip in BALANCERS) in (True, False)
