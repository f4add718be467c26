"""Frames of the P2P protocol out of any stream of bytes, and what the payloads say."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.encoding import display, varint
from nompcore.errors import EncodingError
from services.jobmaker.peer_message import (
    CHECKSUM,
    GARBAGE,
    KEPT,
    MAX_PAYLOAD_BYTES,
    TOO_LONG,
    Dropped,
    Message,
    MessageReader,
    encode,
)
from services.jobmaker.peer_payload import (
    Introduction,
    PeerVersion,
    compact_block_header,
    last_block_of_inv,
    last_header,
    parse_reject,
    parse_version,
    version_payload,
)

MAGIC = bytes.fromhex("fabfb5da")  # Bitcoin's and Litecoin's regtest; no end of it is a beginning of it
HEAD_BYTES = 24

# From the Bitcoin wiki's protocol documentation: a node of version 60002 introduces itself.
WIKI_VERSION = bytes.fromhex(
    "f9beb4d976657273696f6e000000000064000000"
    "3b648d5a"
    "62ea0000010000000000000011b2d05000000000"
    "010000000000000000000000000000000000ffff000000000000"
    "010000000000000000000000000000000000ffff000000000000"
    "3b2eb35d8ce617650f2f5361746f7368693a302e372e322fc03e0300"
)

# What Litecoin Core 0.21.2 says to whoever introduced itself on regtest.
LITECOIND_GREETING = bytes.fromhex(
    "fabfb5da76657273696f6e00000000006d000000f90148ec801101000904000100000000d03c086b00000000000000000000"
    "000000000000000000000000000000000000000009040001000000000000000000000000000000000000000000004a736260"
    "c772933f172f4c697465636f696e436f72653a302e32312e322e312f0100000001fabfb5da76657261636b00000000000000"
    "0000005df6e0e2fabfb5da73656e646865616465727300000000005df6e0e2fabfb5da73656e64636d706374000000090000"
    "0004d3e64f000300000000000000fabfb5da73656e64636d70637400000009000000e92f5ef8000200000000000000fabfb5"
    "da73656e64636d70637400000009000000ccfe104a000100000000000000fabfb5da70696e67000000000000000008000000"
    "c3cbfb7936250d82868db7b9fabfb5da66656566696c74657200000008000000e80fd19fe803000000000000"
)


def read(chunks: Sequence[bytes], magic: bytes = MAGIC) -> tuple[list[Message], dict[str, int]]:
    """The messages of a stream, and the bytes dropped by reason."""
    reader, messages, dropped = MessageReader(magic), [], dict[str, int]()
    for chunk in chunks:
        for item in reader.feed(chunk):
            if isinstance(item, Message):
                messages.append(item)
            else:
                dropped[item.why] = dropped.get(item.why, 0) + item.size
    return messages, dropped


def cut(stream: bytes, data: st.DataObject) -> list[bytes]:
    edges = [0, *sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8))), len(stream)]
    return [stream[a:b] for a, b in itertools.pairwise(edges)]


kept = st.builds(Message, st.sampled_from(sorted(KEPT)), st.binary(max_size=90))
unread = st.builds(
    Message, st.sampled_from(["tx", "addr", "feefilter", "wtxidrelay"]), st.binary(max_size=90)
)
garbage = st.binary(max_size=60).filter(lambda junk: not set(junk) & set(MAGIC))


def test_a_real_version_message_is_read_and_written_to_the_byte() -> None:
    (message,), dropped = read([WIKI_VERSION], WIKI_VERSION[:4])

    assert (message.command, len(message.payload), dropped) == ("version", 100, {})
    assert parse_version(message.payload) == PeerVersion(60002, "/Satoshi:0.7.2/")
    assert encode(WIKI_VERSION[:4], message.command, message.payload) == WIKI_VERSION


def test_a_message_without_payload_has_the_checksum_of_nothing() -> None:
    # as on the same page
    assert (
        encode(bytes.fromhex("f9beb4d9"), "verack").hex()
        == "f9beb4d976657261636b000000000000000000005df6e0e2"
    )


@given(st.lists(st.one_of(kept, unread, garbage), max_size=8), st.data())
def test_cuts_and_garbage_do_not_matter(parts: list[Message | bytes], data: st.DataObject) -> None:
    stream = b"".join(
        part if isinstance(part, bytes) else encode(MAGIC, part.command, part.payload) for part in parts
    )
    messages = [part for part in parts if isinstance(part, Message) and part.command in KEPT]
    junk = sum(len(part) for part in parts if isinstance(part, bytes))

    assert read(cut(stream, data)) == (messages, {GARBAGE: junk} if junk else {})


@given(
    st.lists(st.one_of(st.binary(max_size=90), st.just(MAGIC), kept.map(lambda m: encode(MAGIC, m.command))))
)
def test_no_stream_is_an_error_and_cuts_do_not_change_it(chunks: list[bytes]) -> None:
    stream = b"".join(chunks)

    assert read(chunks) == read([stream]) == read([stream[at : at + 1] for at in range(len(stream))])


@given(kept, st.integers(0, 3), st.integers(1, 255))
def test_a_wrong_checksum_costs_one_message(message: Message, at: int, flip: int) -> None:
    frame = bytearray(encode(MAGIC, message.command, message.payload))
    frame[HEAD_BYTES - 4 + at] ^= flip

    assert read([bytes(frame) + encode(MAGIC, "ping", b"12345678")]) == (
        [Message("ping", b"12345678")],
        {CHECKSUM: len(frame)},
    )


def test_the_start_of_a_magic_is_kept_and_anything_else_is_not() -> None:
    reader = MessageReader(MAGIC)

    assert reader.feed(b"\0" * 100_000 + MAGIC[:3]) == [Dropped(GARBAGE, 100_000)]
    assert reader.held_bytes == 3
    assert reader.feed(encode(MAGIC, "verack")[3:]) == [Message("verack", b"")]
    assert reader.held_bytes == 0


@pytest.mark.parametrize("command", ["block", "tx", "unheard-of", "version"])
def test_what_nobody_wants_to_read_is_not_held(command: str) -> None:
    size, reader = 3_000_000, MessageReader(MAGIC)
    frame = encode(MAGIC, command, bytes(size)) + encode(MAGIC, "verack")
    found, most = [], 0
    for at in range(0, len(frame), 1000):
        found += reader.feed(frame[at : at + 1000])
        most = max(most, reader.held_bytes)

    told = [Dropped(TOO_LONG, size + HEAD_BYTES)] if command in KEPT else []
    assert found == [*told, Message("verack", b"")]
    assert most < HEAD_BYTES


def test_a_frame_larger_than_nodes_send_is_none() -> None:
    head = encode(MAGIC, "inv")[:16] + (MAX_PAYLOAD_BYTES + 1).to_bytes(4, "little") + bytes(4)

    assert read([head + encode(MAGIC, "verack")]) == ([Message("verack", b"")], {GARBAGE: HEAD_BYTES})


def test_the_largest_payload_is_read() -> None:
    payload = bytes(MAX_PAYLOAD_BYTES)

    assert read([encode(MAGIC, "headers", payload)]) == ([Message("headers", payload)], {})


def introduction(protocol_version: int, *, relays: bool = False) -> Introduction:
    return Introduction(protocol_version, 1_355_854_353, bytes(range(8)), "/nomp:1/", relays)


def test_our_version_has_every_field_in_its_place() -> None:
    nobody = "000000000000000000000000000000000000ffff000000000000"

    assert version_payload(introduction(70015)).hex() == (
        "7f110100" "0000000000000000" "11b2d05000000000" + nobody + nobody +
        "0001020304050607" "08" "2f6e6f6d703a312f" "00000000" "00"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("version", "relays", "end"), [(70000, True, ""), (70001, True, "01"), (70001, False, "00")]
)
def test_the_relay_byte_is_there_for_whoever_knows_it(version: int, relays: bool, end: str) -> None:
    assert version_payload(introduction(version, relays=relays))[93:].hex() == end


@given(st.integers(0, 2**31 - 1), st.booleans())
def test_our_own_version_reads_as_it_was_written(version: int, relays: bool) -> None:
    payload = version_payload(introduction(version, relays=relays))

    assert parse_version(payload) == PeerVersion(version, "/nomp:1/")


def test_a_node_of_today_introduces_itself() -> None:
    (version, verack, ping), dropped = read([LITECOIND_GREETING])

    assert parse_version(version.payload) == PeerVersion(70016, "/LitecoinCore:0.21.2.1/")
    assert (verack, ping.command, len(ping.payload)) == (Message("verack", b""), "ping", 8)
    assert dropped == {}


def test_the_oldest_version_payload_ends_after_the_first_address() -> None:
    assert parse_version(version_payload(introduction(100))[:46]) == PeerVersion(100, "")


def inv(*entries: tuple[int, bytes]) -> bytes:
    return varint(len(entries)) + b"".join(kind.to_bytes(4, "little") + hash_le for kind, hash_le in entries)


@pytest.mark.parametrize("kind", [2, 0x40000002])
def test_the_last_block_of_an_inv_counts(kind: int) -> None:
    others = [(1, b"t" * 32), (0x40000001, b"w" * 32), (3, b"f" * 32), (5, b"x" * 32)]

    assert last_block_of_inv(inv((2, b"a" * 32), (kind, b"b" * 32), *others)) == b"b" * 32
    assert last_block_of_inv(inv(*others)) is None
    assert last_block_of_inv(inv()) is None


def test_a_real_inv_names_its_block() -> None:
    # litecoind's after generating 69fb8d8c…
    payload = bytes.fromhex("0102000000a3ef0514417d11dcc99509fe9f1843018a54e5f13072f53e0f27a12f8c8dfb69")
    hash_le = last_block_of_inv(payload)

    assert hash_le is not None
    assert display(hash_le) == "69fb8d8c2fa1270f3ef57230f1e5548a0143189ffe0995c9dc117d411405efa3"


def test_the_last_header_counts() -> None:
    headers = [bytes([number]) * 80 for number in range(3)]

    assert last_header(varint(0)) is None
    assert last_header(varint(3) + b"".join(header + b"\0" for header in headers)) == headers[2]
    assert compact_block_header(headers[1] + b"anything") == headers[1]


def test_of_headers_with_proofs_of_merge_mining_the_first_counts() -> None:
    first, second = b"1" * 80, b"2" * 80

    assert last_header(varint(1) + first + b"proof" + b"\0") == first
    assert last_header(varint(2) + first + b"proof" + b"\0" + second + b"\0") == first


def test_a_refusal_is_read() -> None:
    text = b"Version must be 70000 or greater"

    assert parse_reject(b"\x07version\x11" + varint(len(text)) + text) == f"version: {text.decode()}"
    assert len(parse_reject(b"\x07version\x11" + varint(500) + b"x" * 500)) == 200


@pytest.mark.parametrize(
    ("parse", "payload"),
    [
        (parse_version, bytes(45)),
        (parse_version, bytes(80) + b"\xfd"),
        (parse_version, bytes(80) + b"\x05/abc"),
        (last_block_of_inv, b""),
        (last_block_of_inv, varint(2) + bytes(36)),
        (last_block_of_inv, varint(1) + bytes(37)),
        (last_block_of_inv, varint(2**64 - 1)),
        (last_header, b""),
        (last_header, varint(1) + bytes(79)),
        (compact_block_header, bytes(79)),
        (parse_reject, b"\x07versio"),
        (parse_reject, b"\x07version"),
    ],
)
def test_a_malformed_payload_is_an_error_of_encoding(
    parse: Callable[[bytes], object], payload: bytes
) -> None:
    with pytest.raises(EncodingError):
        parse(payload)
