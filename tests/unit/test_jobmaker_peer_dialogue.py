"""What is said to a node and learnt from it, with a node's side written out by hand."""

from __future__ import annotations

import itertools
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.encoding import display, from_display, varint
from nompcore.hashing import sha256d
from services.jobmaker.peer_dialogue import (
    MALFORMED,
    BlockAnnounced,
    Event,
    Handshaken,
    PeerDialogue,
    Refused,
)
from services.jobmaker.peer_message import CHECKSUM, GARBAGE, KEPT, Dropped, encode
from services.jobmaker.peer_payload import Introduction, PeerVersion, version_payload
from tests.unit.chain_samples import coin, vectors

MAGIC = bytes.fromhex("fabfb5da")
HASH_LE = bytes(range(32))
HEADER = b"\x20" + bytes(79)


def introduction(protocol_version: int = 70015, agent: str = "/nomp:1/") -> Introduction:
    return Introduction(protocol_version, 1_700_000_000, bytes(8), agent, relays=False)


def dialogue(protocol_version: int = 70015) -> PeerDialogue:
    return PeerDialogue(MAGIC, introduction(protocol_version), sha256d)


def said(command: str, payload: bytes = b"") -> bytes:
    return encode(MAGIC, command, payload)


def node_version(version: int = 70016) -> bytes:
    return said("version", version_payload(introduction(version, "/Node:1/")))


def handshaken() -> PeerDialogue:
    talk = dialogue()
    talk.receive(node_version() + said("verack"))
    return talk


def announced(hash_le: bytes) -> tuple[Event, ...]:
    return (BlockAnnounced(display(hash_le)),)


def inv(kind: int) -> bytes:
    return varint(1) + kind.to_bytes(4, "little") + HASH_LE


def test_the_handshake_step_by_step() -> None:
    talk = dialogue()
    assert talk.greeting() == said("version", version_payload(introduction()))

    met = talk.receive(node_version())
    assert (met.reply, met.events, talk.handshaken) == (said("verack"), (), False)

    done = talk.receive(said("verack"))
    assert done.reply == said("sendheaders")
    assert done.events == (Handshaken(PeerVersion(70016, "/Node:1/")),)
    assert talk.handshaken


@pytest.mark.parametrize(("version", "reply"), [(70011, b""), (70012, said("sendheaders"))])
def test_headers_are_asked_for_where_the_node_knows_them(version: int, reply: bytes) -> None:
    talk = dialogue()
    talk.receive(node_version(version))

    assert talk.receive(said("verack")).reply == reply


def test_a_node_that_accepts_before_it_introduces_itself_is_accepted() -> None:
    talk = dialogue()
    assert talk.receive(said("verack")).events == ()

    turn = talk.receive(node_version())
    assert turn.reply == said("verack") + said("sendheaders")
    assert [type(event) for event in turn.events] == [Handshaken]


def test_said_twice_is_said_once() -> None:
    talk = handshaken()
    turn = talk.receive(node_version(60000) + said("verack"))

    assert (turn.reply, turn.events, turn.heard) == (b"", (), True)


@pytest.mark.parametrize("payload", [b"", b"12345678", bytes(100)])
def test_a_ping_is_answered_with_what_it_brought(payload: bytes) -> None:
    assert handshaken().receive(said("ping", payload)).reply == said("pong", payload)


def test_whoever_asks_for_headers_is_told_that_there_are_none() -> None:
    assert handshaken().receive(said("getheaders", bytes(69))).reply == said("headers", b"\0")


def test_our_ping_brings_its_nonce() -> None:
    assert dialogue().ping(b"abcdefgh") == said("ping", b"abcdefgh")


@pytest.mark.parametrize("kind", [2, 0x40000002])
def test_an_inv_announces_a_block(kind: int) -> None:
    turn = handshaken().receive(said("inv", inv(kind)))

    assert (turn.reply, turn.events) == (b"", announced(HASH_LE))


def test_headers_and_compact_blocks_announce_by_their_header() -> None:
    talk = handshaken()
    headers = varint(2) + bytes(81) + HEADER + b"\0"

    assert talk.receive(said("headers", headers)).events == announced(sha256d(HEADER))
    assert talk.receive(said("cmpctblock", HEADER + b"rest")).events == announced(sha256d(HEADER))


@pytest.mark.parametrize("known", vectors("headers.json")["headers"], ids=lambda known: known["name"])
def test_a_block_is_named_as_its_coin_names_it(known: dict[str, Any]) -> None:
    shipped = coin({"sha256": "bitcoin.json", "scrypt": "litecoin.json"}[known["algorithm"]])
    header = struct.pack(
        "<I32s32sIII",
        known["version"],
        from_display(known["prevhash"]),
        from_display(known["merkle_root"]),
        known["ntime"],
        int(known["nbits"], 16),
        known["nonce"],
    )
    talk = PeerDialogue(
        MAGIC, introduction(), lambda header: shipped.block_id(header, shipped.pow_hash(header))
    )

    turn = talk.receive(said("headers", varint(1) + header + b"\0"))
    assert turn.events == (BlockAnnounced(known["block_hash"]),)


@pytest.mark.parametrize(
    ("command", "payload"),
    [
        ("inv", varint(0)),
        ("inv", inv(1)),
        ("headers", varint(0)),
        ("pong", b"abcdefgh"),
        ("wtxidrelay", b""),
        ("sendaddrv2", b""),
        ("feefilter", bytes(8)),
        ("sendcmpct", bytes(9)),
        ("sendheaders", b""),
        ("addr", bytes(31)),
        ("reject", b"\x02tx\x40\x04dust" + bytes(32)),
    ],
)
def test_the_rest_needs_no_answer(command: str, payload: bytes) -> None:
    turn = handshaken().receive(said(command, payload))

    assert (turn.reply, turn.events) == (b"", ())


def test_only_messages_that_mean_something_are_signs_of_life() -> None:
    talk = handshaken()

    assert talk.receive(said("pong", b"abcdefgh")).heard
    assert not talk.receive(said("addr", bytes(31))).heard
    assert not talk.receive(b"garbage").heard
    assert not talk.receive(said("ping")[:-1]).heard


@pytest.mark.parametrize("command", ["version", "inv", "headers", "cmpctblock", "reject"])
def test_a_malformed_payload_is_dropped_and_the_talk_goes_on(command: str) -> None:
    talk = dialogue()
    payload = b"\x05abcd"

    assert talk.receive(said(command, payload)).events == (Dropped(MALFORMED, len(payload)),)
    assert talk.receive(node_version() + said("verack")).events != ()
    assert talk.handshaken


def test_a_refusal_before_the_handshake_is_told() -> None:
    talk = dialogue(209)
    reason = b"Version must be 70000 or greater"
    turn = talk.receive(said("reject", b"\x07version\x11" + varint(len(reason)) + reason))

    assert turn.events == (Refused("version: Version must be 70000 or greater"),)
    assert talk.why_not_accepted() == (
        "the node refused protocol version 209: version: Version must be 70000 or greater"
    )


def test_another_magic_is_told_by_its_first_bytes() -> None:
    talk = dialogue()
    talk.receive(b"\xfb\xc0")
    turn = talk.receive(b"\xb6\xdb" + node_version()[4:])

    assert sum(event.size for event in turn.events if isinstance(event, Dropped)) > 100
    assert talk.why_not_accepted() == (
        "the node's messages begin with fbc0b6db, ours with the magic fabfb5da"
    )


def test_a_node_that_says_nothing_leaves_two_suspicions() -> None:
    assert dialogue(70002).why_not_accepted() == (
        "the node did not answer our version message: the magic fabfb5da may be another network's, "
        "or protocol version 70002 too old"
    )


def test_a_node_that_introduces_itself_and_no_more_finds_us_too_old() -> None:
    talk = dialogue(70002)
    talk.receive(node_version())

    assert talk.why_not_accepted() == "/Node:1/ did not accept protocol version 70002: it may be too old"


SPOILT = bytearray(said("inv", inv(2)))
SPOILT[-1] ^= 1


@given(st.data())
def test_cuts_change_nothing_of_what_is_said_and_learnt(data: st.DataObject) -> None:
    parts = [
        node_version(),
        said("wtxidrelay"),
        said("verack"),
        b"garbage",
        bytes(SPOILT),
        said("ping", b"1"),
        said("inv", inv(2)),
        said("getheaders", bytes(69)),
        said("cmpctblock", HEADER),
    ]
    stream = b"".join(parts)
    edges = [0, *sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8))), len(stream)]
    talk = dialogue()
    turns = [talk.receive(stream[a:b]) for a, b in itertools.pairwise(edges)]
    events = [event for turn in turns for event in turn.events]
    dropped = [event for event in events if isinstance(event, Dropped)]

    replies = [said("verack"), said("sendheaders"), said("pong", b"1"), said("headers", b"\0")]
    assert b"".join(turn.reply for turn in turns) == b"".join(replies)
    assert [event for event in events if not isinstance(event, Dropped)] == [
        Handshaken(PeerVersion(70016, "/Node:1/")),
        *announced(HASH_LE),
        *announced(sha256d(HEADER)),
    ]
    assert {event.why for event in dropped} == {GARBAGE, CHECKSUM}
    assert sum(event.size for event in dropped) == len(b"garbage") + len(SPOILT)


@given(st.lists(st.tuples(st.sampled_from(sorted(KEPT)), st.binary(max_size=120)), max_size=6))
def test_no_message_is_an_error(messages: list[tuple[str, bytes]]) -> None:
    talk = dialogue()
    for command, payload in messages:
        turn = talk.receive(said(command, payload))
        assert turn.heard
        assert len(turn.reply) <= len(said("pong", payload)) + len(said("verack"))
    assert isinstance(talk.why_not_accepted(), str)
