"""What comes before the first line: a PROXY header, TLS, both or neither, in whatever pieces."""

from __future__ import annotations

import socket
import ssl
import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.stratum.certificate import Certificate
from services.stratum.entrance import Entrance, TlsMode
from services.stratum.proxy_protocol import V2_SIGNATURE, ProxyProtocolError
from services.stratum.tls_stream import TlsError
from tests.certificates import client_context, make_certificate

MINER_IP = "203.0.113.7"
LINE = b'{"id":1,"method":"mining.subscribe","params":[]}\n'
V1 = b"PROXY TCP4 203.0.113.7 192.0.2.1 56324 3333\r\n"
V2_BODY = socket.inet_aton(MINER_IP) + socket.inet_aton("192.0.2.1") + struct.pack("!HH", 56324, 3333)
V2 = V2_SIGNATURE + struct.pack("!BBH", 0x21, 0x11, len(V2_BODY)) + V2_BODY


def entrance(
    *, header: bool = True, required: bool = True, mode: TlsMode = "off", tls: ssl.SSLContext | None = None
) -> Entrance:
    return Entrance(expects_header=header, header_required=required, tls_mode=mode, tls=tls)


def heard(door: Entrance, *pieces: bytes) -> bytes:
    """The plaintext of all pieces; nothing is to be sent."""
    passed = [door.receive(piece) for piece in pieces]
    assert all(one.to_send == b"" for one in passed)
    return b"".join(one.plaintext for one in passed)


@pytest.mark.parametrize("header", [V1, V2], ids=["text", "binary"])
def test_a_header_names_the_miner_and_what_follows_is_the_conversation(header: bytes) -> None:
    door = entrance()
    assert door.awaits_header

    assert heard(door, header + LINE, LINE) == LINE + LINE

    assert door.source_ip == MINER_IP
    assert not door.awaits_header
    assert door.is_plain


@given(st.sampled_from([V1, V2]), st.lists(st.integers(1, 40), max_size=8))
def test_the_pieces_do_not_matter(header: bytes, sizes: list[int]) -> None:
    door, data, pieces = entrance(), header + LINE, list[bytes]()
    for size in sizes:
        pieces.append(data[:size])
        data = data[size:]

    assert heard(door, *pieces, data) == LINE
    assert door.source_ip == MINER_IP


@pytest.mark.parametrize("header", [V1, V2], ids=["text", "binary"])
def test_it_may_come_byte_by_byte_and_is_awaited_until_its_last(header: bytes) -> None:
    door = entrance()
    for number in range(len(header)):
        assert door.awaits_header
        assert heard(door, header[number : number + 1]) == b""

    assert not door.awaits_header
    assert heard(door, LINE) == LINE


@pytest.mark.parametrize(
    "header", [b"PROXY UNKNOWN\r\n", V2_SIGNATURE + b"\x20\x00\x00\x00"], ids=["text", "binary"]
)
def test_a_balancer_that_speaks_for_itself_names_nobody(header: bytes) -> None:
    door = entrance()

    assert heard(door, header + LINE) == LINE
    assert door.source_ip is None


@pytest.mark.parametrize(
    "garbage", [LINE, b"PROXY TCP9\r\n", b"\x16\x03\x01", b"PROXY " + b"x" * 200, V2_SIGNATURE + b"\xff" * 4]
)
def test_a_balancer_that_sends_no_header_is_refused(garbage: bytes) -> None:
    with pytest.raises(ProxyProtocolError):
        entrance().receive(garbage)


def test_where_no_header_is_required_a_line_passes() -> None:
    door = entrance(required=False)

    assert heard(door, LINE[:1], LINE[1:]) == LINE
    assert door.source_ip is None
    assert not door.awaits_header


@pytest.mark.parametrize("header", [V1, V2], ids=["text", "binary"])
def test_where_no_header_is_required_one_is_still_read(header: bytes) -> None:
    door = entrance(required=False)

    assert heard(door, header[:3], header[3:] + LINE) == LINE
    assert door.source_ip == MINER_IP


@pytest.mark.parametrize("header", [V1, V2], ids=["text", "binary"])
def test_the_header_of_who_is_no_balancer_is_rubbish_like_any_other(header: bytes) -> None:
    door = entrance(header=False)

    assert heard(door, header + LINE) == header + LINE
    assert door.source_ip is None


def test_without_header_and_tls_bytes_pass_as_they_are() -> None:
    door = entrance(header=False)

    assert door.is_plain
    assert heard(door, LINE) == LINE
    assert door.is_plain
    assert door.send(LINE) == LINE
    assert door.close() == b""
    assert not door.ended


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))[0]


@pytest.fixture(scope="module")
def context(certificate: Path) -> ssl.SSLContext:
    return Certificate(certificate, certificate.with_name("key.pem")).context


def shaken(door: Entrance, certificate: Path, header: bytes = b"") -> bytes:
    """What the server hears of a client that sends a header, shakes hands and says LINE."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context(certificate).wrap_bio(incoming, outgoing, server_hostname="pool.test")
    plaintext = b""
    for _ in range(4):
        with suppress(ssl.SSLWantReadError):
            client.do_handshake()
            client.write(LINE)
        passed = door.receive(header + outgoing.read())
        header = b""
        incoming.write(passed.to_send)
        plaintext += passed.plaintext
        if plaintext:
            break
    incoming.write(door.send(b"answer"))
    assert client.read() == b"answer"
    return plaintext


@pytest.mark.parametrize("mode", ["on", "auto"])
@pytest.mark.parametrize("header", [b"", V1, V2], ids=["alone", "text", "binary"])
def test_tls_comes_after_the_header(
    mode: TlsMode, header: bytes, certificate: Path, context: ssl.SSLContext
) -> None:
    door = entrance(header=bool(header), mode=mode, tls=context)

    assert shaken(door, certificate, header) == LINE

    assert door.source_ip == (MINER_IP if header else None)
    assert not door.is_plain
    assert door.close() != b""


def test_either_way_lets_a_plain_line_pass(context: ssl.SSLContext) -> None:
    door = entrance(header=False, mode="auto", tls=context)

    assert heard(door, LINE) == LINE
    assert door.is_plain


def test_where_tls_is_on_a_plain_line_is_refused(context: ssl.SSLContext) -> None:
    with pytest.raises(TlsError):
        entrance(header=False, mode="on", tls=context).receive(LINE)


def test_where_tls_is_off_a_handshake_is_rubbish_like_any_other(context: ssl.SSLContext) -> None:
    hello = b"\x16\x03\x01\x00\x05hello"

    assert heard(entrance(header=False, tls=context), hello) == hello
