"""What is said to a node of the coin's network and what is learnt from it. Pure: bytes in, bytes out.

We greet with `version`, say `verack` to the node's own, answer its pings, have no headers for it, and ask
that new blocks be announced by header (BIP 130) where the node can. Whatever else it says is ignored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nompcore.encoding import display
from nompcore.errors import EncodingError
from services.jobmaker.peer_message import Dropped, Message, MessageReader, encode
from services.jobmaker.peer_payload import (
    NO_HEADERS,
    Introduction,
    PeerVersion,
    compact_block_header,
    last_block_of_inv,
    last_header,
    parse_reject,
    parse_version,
    version_payload,
)

BlockId = Callable[[bytes], bytes]
"""80-byte header → the block's id in internal byte order; coins differ in it."""

SENDHEADERS_VERSION = 70012
MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class Handshaken:
    """The node accepted us: from now on it announces blocks."""

    peer: PeerVersion


@dataclass(frozen=True, slots=True)
class BlockAnnounced:
    """The node has a block that it takes for new to us."""

    hash_display: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The node does not want us, and says why."""

    text: str


Event = Handshaken | BlockAnnounced | Refused | Dropped


@dataclass(frozen=True, slots=True)
class Turn:
    """What a piece of the stream led to: bytes to send, what was learnt, whether it held any message."""

    reply: bytes
    events: tuple[Event, ...]
    heard: bool


class PeerDialogue:
    """One connection, from the greeting on."""

    def __init__(self, magic: bytes, introduction: Introduction, block_id: BlockId) -> None:
        self.handshaken = False
        self._magic = magic
        self._introduction = introduction
        self._block_id = block_id
        self._reader = MessageReader(magic)
        self._first_bytes = b""  # as many as a magic has
        self._peer: PeerVersion | None = None
        self._is_accepted = False  # the node said verack
        self._refusal = ""

    def greeting(self) -> bytes:
        """What opens the conversation."""
        return encode(self._magic, "version", version_payload(self._introduction))

    def ping(self, nonce: bytes) -> bytes:
        """A question whether the node is still there; `nonce` is 8 bytes."""
        return encode(self._magic, "ping", nonce)

    def receive(self, data: bytes) -> Turn:
        """What the node said."""
        self._first_bytes += data[: len(self._magic) - len(self._first_bytes)]
        reply, heard = b"", False
        events: list[Event] = []
        for item in self._reader.feed(data):
            if isinstance(item, Dropped):
                events.append(item)
                continue
            heard = True
            answer, event = self._handle_checked(item)
            reply += answer
            events += [event] if event else []
        return Turn(reply, tuple(events), heard)

    def why_not_accepted(self) -> str:
        """What an operator should look at when the connection ended before the handshake did."""
        version = self._introduction.protocol_version
        if self._refusal:
            return f"the node refused protocol version {version}: {self._refusal}"
        if self._first_bytes and not self._magic.startswith(self._first_bytes):
            found = self._first_bytes.hex()
            return f"the node's messages begin with {found}, ours with the magic {self._magic.hex()}"
        if self._peer is not None:
            return f"{self._peer.user_agent} did not accept protocol version {version}: it may be too old"
        return (
            f"the node did not answer our version message: the magic {self._magic.hex()} may be another "
            f"network's, or protocol version {version} too old"
        )

    def _handle_checked(self, message: Message) -> tuple[bytes, Event | None]:
        try:
            return self._handle(message)
        except EncodingError:
            return b"", Dropped(MALFORMED, len(message.payload))

    def _handle(self, message: Message) -> tuple[bytes, Event | None]:
        payload = message.payload
        match message.command:
            case "version":
                return self._meet(payload)
            case "verack":
                self._is_accepted = True
                return self._shake_hands()
            case "reject":
                return b"", self._refuse(payload)
            case "ping":
                return encode(self._magic, "pong", payload), None
            case "getheaders":
                return encode(self._magic, "headers", NO_HEADERS), None
            case _:
                return b"", self._announced(message)

    def _meet(self, payload: bytes) -> tuple[bytes, Event | None]:
        if self._peer is not None:
            return b"", None  # a node has one version
        self._peer = parse_version(payload)
        reply, event = self._shake_hands()
        return encode(self._magic, "verack") + reply, event

    def _shake_hands(self) -> tuple[bytes, Event | None]:
        if self._peer is None or not self._is_accepted or self.handshaken:
            return b"", None
        self.handshaken = True
        knows_sendheaders = self._peer.protocol_version >= SENDHEADERS_VERSION
        return encode(self._magic, "sendheaders") if knows_sendheaders else b"", Handshaken(self._peer)

    def _refuse(self, payload: bytes) -> Event | None:
        if self.handshaken:
            return None  # of a transaction or block; we send none
        self._refusal = parse_reject(payload)
        return Refused(self._refusal)

    def _announced(self, message: Message) -> Event | None:
        payload = message.payload
        if message.command == "inv":
            hash_le = last_block_of_inv(payload)
            return None if hash_le is None else BlockAnnounced(display(hash_le))
        header: bytes | None = None
        if message.command == "headers":
            header = last_header(payload)
        elif message.command == "cmpctblock":
            header = compact_block_header(payload)
        return None if header is None else BlockAnnounced(display(self._block_id(header)))
