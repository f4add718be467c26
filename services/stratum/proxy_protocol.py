"""The PROXY protocol, versions 1 and 2: who the miner behind a load balancer is. Pure.

Source: HAProxy's `proxy-protocol.txt` (2020-03-05), sections 2.1 (text) and 2.2 (binary). A header is the
first thing on the connection or there is none. Whose header is believed is decided in `proxy_policy.py`.
"""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass

V1_MAX_BYTES = 107  # longest text header including CRLF (section 2.1)
V2_SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
V2_FIXED_BYTES = 16
V2_MAX_BODY_BYTES = 2048  # addresses take at most 216; the rest are TLVs such as TLS details

_ADDRESS_BYTES = {1: 4, 2: 16}  # family nibble → size of one address; 3 is AF_UNIX and names no host


class ProxyProtocolError(Exception):
    """The first bytes are not a PROXY header."""


@dataclass(frozen=True, slots=True)
class ProxyHeader:
    """A complete header: the miner's address, or None when the proxy speaks for itself; bytes it took."""

    source_ip: str | None
    size: int


def parse_proxy_header(data: bytes) -> ProxyHeader | None:
    """The header at the start of `data`, None when more bytes are needed. Raises ProxyProtocolError."""
    if data.startswith(V2_SIGNATURE[: len(data)]):
        return _parse_v2(data)
    if data.startswith(b"PROXY "[: len(data)]):
        return _parse_v1(data)
    raise ProxyProtocolError("no PROXY header")


def begins_header(data: bytes) -> bool:
    """Whether the first bytes may be those of a header; no line of stratum begins like one."""
    return data.startswith((V2_SIGNATURE[: len(data)], b"PROXY "[: len(data)]))


def _parse_v1(data: bytes) -> ProxyHeader | None:
    end = data.find(b"\r\n", 0, V1_MAX_BYTES)
    if end < 0:
        if len(data) >= V1_MAX_BYTES:
            raise ProxyProtocolError("text header too long")
        return None
    words = data[:end].split(b" ")
    if words[1] == b"UNKNOWN":
        return ProxyHeader(None, end + 2)
    if words[1] not in (b"TCP4", b"TCP6") or len(words) != 6 or b"%" in words[2]:  # no zones (RFC 4007)
        raise ProxyProtocolError("malformed text header")
    try:
        source = ipaddress.ip_address(words[2].decode("ascii"))
    except ValueError as error:  # UnicodeDecodeError is one
        raise ProxyProtocolError("malformed address") from error
    return ProxyHeader(plain_ip(source), end + 2)


def _parse_v2(data: bytes) -> ProxyHeader | None:
    if len(data) < V2_FIXED_BYTES:
        return None
    version_command, family_transport, body_size = struct.unpack_from("!BBH", data, len(V2_SIGNATURE))
    if version_command >> 4 != 2 or version_command & 0x0F > 1:
        raise ProxyProtocolError("unknown version or command")
    if body_size > V2_MAX_BODY_BYTES:
        raise ProxyProtocolError("binary header too long")
    size = V2_FIXED_BYTES + body_size
    if len(data) < size:
        return None
    is_local = version_command & 0x0F == 0  # a health check of the proxy itself
    address_size = _ADDRESS_BYTES.get(family_transport >> 4)
    if is_local or address_size is None:
        return ProxyHeader(None, size)
    if body_size < 2 * address_size + 4:
        raise ProxyProtocolError("binary header too short for its family")
    source = ipaddress.ip_address(data[V2_FIXED_BYTES : V2_FIXED_BYTES + address_size])
    return ProxyHeader(plain_ip(source), size)


def plain_ip(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """Text of an address; IPv4 mapped into IPv6 as plain IPv4, so that one miner has one address."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
