"""Payloads of Bitcoin's P2P protocol that greet or tell of blocks. Pure; malformed ones raise EncodingError.

Sources: the protocol documentation of the Bitcoin wiki; BIP 37 (relay byte), 61 (reject), 130 (sendheaders),
144 (witness flag), 152 (compact blocks).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from nompcore.algorithms import HEADER_SIZE
from nompcore.encoding import HASH_SIZE, read_varint, varint
from nompcore.errors import EncodingError

RELAY_BYTE_VERSION = 70001
"""From this protocol version on, a `version` payload may end with whether transactions are wanted."""

NO_HEADERS = varint(0)
"""The answer to `getheaders` of somebody who has no chain."""

_BLOCK_TYPES = (2, 2 | 0x40000000)  # MSG_BLOCK, and with the witness flag
_INV_ENTRY = struct.Struct(f"<I{HASH_SIZE}s")
_VERSION_START = struct.Struct("<iQq26s")  # version, services, time, the receiver's address
_VERSION_MIDDLE = struct.Struct(
    "<26s8s"
)  # the sender's address, nonce; nodes below version 106 end before it
_NOBODY = bytes(8) + bytes(10) + b"\xff\xff" + bytes(4) + bytes(2)  # no services, ::ffff:0.0.0.0, port 0
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Introduction:
    """What we say of ourselves. `time_seconds` is Unix time, `nonce` 8 random bytes."""

    protocol_version: int
    time_seconds: int
    nonce: bytes
    user_agent: str
    relays: bool  # whether transactions are wanted


@dataclass(frozen=True, slots=True)
class PeerVersion:
    """What a node says of itself."""

    protocol_version: int
    user_agent: str


def version_payload(introduction: Introduction) -> bytes:
    """The payload of our `version`: no services, no addresses, height 0."""
    agent = introduction.user_agent.encode()
    payload = (
        _VERSION_START.pack(introduction.protocol_version, 0, introduction.time_seconds, _NOBODY)
        + _VERSION_MIDDLE.pack(_NOBODY, introduction.nonce)
        + varint(len(agent))
        + agent
        + bytes(4)
    )
    if introduction.protocol_version >= RELAY_BYTE_VERSION:
        payload += bytes([introduction.relays])
    return payload


def parse_version(payload: bytes) -> PeerVersion:
    """A node's `version`."""
    if len(payload) < _VERSION_START.size:
        raise EncodingError(f"a version of {len(payload)} bytes")
    protocol_version: int = _VERSION_START.unpack_from(payload)[0]
    start = _VERSION_START.size + _VERSION_MIDDLE.size
    agent = _read_text(payload, start)[0] if len(payload) > start else ""
    return PeerVersion(protocol_version, agent)


def parse_reject(payload: bytes) -> str:
    """What a `reject` complains of, as "command: reason"."""
    command, offset = _read_text(payload, 0)
    reason, _ = _read_text(payload, offset + 1)  # after the code, which the reason says in words
    return f"{command}: {reason}"[:_LONGEST_REASON]


def last_block_of_inv(payload: bytes) -> bytes | None:
    """The internal id of the last block that an `inv` names; None where it names none."""
    count, start = read_varint(payload)
    if len(payload) != start + count * _INV_ENTRY.size:
        raise EncodingError(f"an inv of {count} entries in {len(payload)} bytes")
    blocks = (hash_le for kind, hash_le in _INV_ENTRY.iter_unpack(payload[start:]) if kind in _BLOCK_TYPES)
    return next(iter(reversed([*blocks])), None)


def last_header(payload: bytes) -> bytes | None:
    """The last header of `headers`; None where there is none.

    Headers of merge-mined coins are followed by proofs of any length. Where there is more than plain headers
    the first is given: it is as new to us, and new blocks are announced one by one.
    """
    count, start = read_varint(payload)
    if count == 0:
        return None
    entry_bytes = HEADER_SIZE + 1  # and the number of transactions, 0
    if len(payload) == start + count * entry_bytes:
        start += (count - 1) * entry_bytes
    return _read_header(payload, start)


def compact_block_header(payload: bytes) -> bytes:
    """The header at the start of a `cmpctblock`."""
    return _read_header(payload, 0)


def _read_header(payload: bytes, start: int) -> bytes:
    header = payload[start : start + HEADER_SIZE]
    if len(header) != HEADER_SIZE:
        raise EncodingError(f"a header of {len(header)} bytes")
    return header


def _read_text(payload: bytes, offset: int) -> tuple[str, int]:
    size, start = read_varint(payload, offset)
    if start + size > len(payload):
        raise EncodingError("data ends inside a text")
    return payload[start : start + size].decode("utf-8", "replace"), start + size
