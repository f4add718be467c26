from __future__ import annotations

import ipaddress
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.stratum.proxy_protocol import (
    V1_MAX_BYTES,
    V2_MAX_BODY_BYTES,
    V2_SIGNATURE,
    ProxyHeader,
    ProxyProtocolError,
    parse_proxy_header,
)

V1 = b"PROXY TCP4 203.0.113.7 192.0.2.1 56324 3333\r\n"


def v2(command: int, family: int, body: bytes) -> bytes:
    return V2_SIGNATURE + struct.pack("!BBH", 0x20 | command, family << 4 | 1, len(body)) + body


def v4_body(source: str, tlvs: bytes = b"") -> bytes:
    return ipaddress.ip_address(source).packed + bytes(4) + struct.pack("!HH", 56324, 3333) + tlvs


def v6_body(source: str) -> bytes:
    return ipaddress.ip_address(source).packed + bytes(16) + struct.pack("!HH", 56324, 3333)


@pytest.mark.parametrize(
    ("header", "source_ip"),
    [
        (V1, "203.0.113.7"),
        (b"PROXY TCP6 2001:DB8::7 2001:db8::1 56324 3333\r\n", "2001:db8::7"),
        (b"PROXY TCP6 ::ffff:203.0.113.7 ::1 56324 3333\r\n", "203.0.113.7"),
        (b"PROXY UNKNOWN\r\n", None),
        (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", None),
        (v2(1, 1, v4_body("203.0.113.7")), "203.0.113.7"),
        (v2(1, 1, v4_body("203.0.113.7", b"\x04\x00\x03abc")), "203.0.113.7"),
        (v2(1, 2, v6_body("2001:db8::7")), "2001:db8::7"),
        (v2(1, 2, v6_body("::ffff:203.0.113.7")), "203.0.113.7"),
        (v2(1, 3, bytes(216)), None),
        (v2(1, 0, b""), None),
        (v2(0, 0, b""), None),
        (v2(0, 1, v4_body("203.0.113.7")), None),
    ],
)
def test_a_header_names_the_source_and_its_own_size(header: bytes, source_ip: str | None) -> None:
    assert parse_proxy_header(header + b'{"id":1}\n') == ProxyHeader(source_ip, len(header))


@pytest.mark.parametrize("header", [V1, b"PROXY UNKNOWN\r\n", v2(1, 1, v4_body("203.0.113.7"))])
def test_every_beginning_of_a_header_waits_for_more(header: bytes) -> None:
    for size in range(len(header)):
        assert parse_proxy_header(header[:size]) is None


@pytest.mark.parametrize(
    "data",
    [
        b'{"id":1,"method":"mining.subscribe","params":[]}\n',
        b"PROXYTCP4",
        b"PROXY \r\n",
        b"PROXY TCP4 203.0.113.7 192.0.2.1 56324\r\n",
        b"PROXY TCP5 203.0.113.7 192.0.2.1 56324 3333\r\n",
        b"PROXY TCP4 203.0.113 192.0.2.1 56324 3333\r\n",
        b"PROXY TCP4 \xff\xfe 192.0.2.1 56324 3333\r\n",
        b"PROXY TCP4 " + b"1" * V1_MAX_BYTES,
        b"\r\n\r\nQUIT",
        v2(2, 1, v4_body("203.0.113.7")),
        v2(1, 1, bytes(11)),
        v2(1, 2, bytes(35)),
        V2_SIGNATURE + b"\x11\x11\x00\x0c" + bytes(12),
        V2_SIGNATURE + struct.pack("!BBH", 0x21, 0x11, V2_MAX_BODY_BYTES + 1),
    ],
)
def test_anything_else_is_an_error(data: bytes) -> None:
    with pytest.raises(ProxyProtocolError):
        parse_proxy_header(data)


@given(st.sampled_from([b"", b"PROXY ", b"PROXY TCP4 ", V2_SIGNATURE, V2_SIGNATURE + b"\x21"]), st.binary())
def test_any_bytes_are_a_header_wait_for_more_or_are_an_error(begin: bytes, rest: bytes) -> None:
    try:
        header = parse_proxy_header(begin + rest)
    except ProxyProtocolError:
        return
    if header is None:
        assert len(begin + rest) < 16 + V2_MAX_BODY_BYTES
    else:
        assert header.size <= len(begin + rest)
