"""TLS of the server's side, spoken to by a client of the standard library; bytes only."""

from __future__ import annotations

import itertools
import resource
import ssl
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.stratum.certificate import Certificate
from services.stratum.tls_stream import TlsError, TlsStream, looks_like_tls
from tests.certificates import make_certificate

LINE = b'{"id":1,"method":"mining.subscribe","params":[]}\n'

VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)

ALERT = b"\x15"  # how its record begins

CLAIM_OF_128_KIB = bytes.fromhex("1603010004 0101ff00")  # a record with the head of such a ClientHello

EVERY_BYTE = list(range(4096))  # cuts of packets; each flight of the handshake is shorter

CONNECTIONS = 100
BYTES_OF_A_CONNECTION = 100_000  # both sides, with OpenSSL's state; packets are larger


class Client:
    """A miner's side that trusts any certificate."""

    def __init__(self, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = context.maximum_version = version
        self._from_server, self._to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._from_server, self._to_server)

    def step(self, from_server: bytes = b"") -> bytes:
        """Goes on with the handshake; what it wants to send."""
        self._from_server.write(from_server)
        with suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()
        return self._to_server.read()

    def say(self, plaintext: bytes) -> bytes:
        """Records."""
        self.tls.write(plaintext)
        return self._to_server.read()

    def hear(self, from_server: bytes) -> bytes:
        """The plaintext of records; it ends with b"<end>" where the server ended the conversation."""
        self._from_server.write(from_server)
        heard = b""
        try:
            while piece := self.tls.read():
                heard += piece
        except ssl.SSLWantReadError:
            return heard
        except ssl.SSLZeroReturnError:  # instead of b"" where the client has ended, too
            pass
        return heard + b"<end>"

    def end(self) -> bytes:
        """close_notify."""
        with pytest.raises(ssl.SSLWantReadError):
            self.tls.unwrap()
        return self._to_server.read()


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server's, with a certificate."""
    return Certificate(*make_certificate(tmp_path_factory.mktemp("tls"))).context


@pytest.fixture
def own_context(tmp_path: Path) -> ssl.SSLContext:
    """One that the test may change."""
    return Certificate(*make_certificate(tmp_path)).context


def connect(context: ssl.SSLContext, version: ssl.TLSVersion) -> tuple[Client, TlsStream]:
    """Both sides after the handshake."""
    client, stream = Client(version), TlsStream(context)
    to_server = client.step()
    while to_server:
        plaintext, to_client = stream.receive(to_server)
        assert plaintext == b""
        to_server = client.step(to_client)
    return client, stream


def pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    """The bytes as packets that end at the cuts."""
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[a:b] for a, b in itertools.pairwise(edges)]


def receive_all(stream: TlsStream, packets: list[bytes]) -> tuple[bytes, bytes]:
    """What all packets together yield."""
    received = [stream.receive(packet) for packet in packets]
    return b"".join(plaintext for plaintext, _ in received), b"".join(answer for _, answer in received)


@pytest.mark.parametrize("version", VERSIONS)
def test_lines_pass_both_ways(context: ssl.SSLContext, version: ssl.TLSVersion) -> None:
    client, stream = connect(context, version)

    assert stream.receive(client.say(LINE)) == (LINE, b"")
    assert client.hear(stream.send(LINE + LINE)) == LINE + LINE


@given(st.data(), st.sampled_from(VERSIONS))
def test_the_cuts_between_packets_do_not_matter(
    context: ssl.SSLContext, data: st.DataObject, version: ssl.TLSVersion
) -> None:
    cuts = st.lists(st.integers(0, 1 << 16), max_size=8) | st.just(EVERY_BYTE)
    lines = data.draw(st.lists(st.binary(min_size=1, max_size=20_000), max_size=3))
    client, stream = Client(version), TlsStream(context)
    to_server = client.step()
    while to_server:
        _, to_client = receive_all(stream, pieces(to_server, data.draw(cuts)))
        to_server = client.step(to_client)
    spoken = b"".join(client.say(line) for line in lines) + client.end()

    plaintext, _ = receive_all(stream, pieces(spoken, data.draw(cuts)))

    assert plaintext == b"".join(lines)
    assert stream.ended


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_sent_during_the_handshake_comes_out_with_its_end(
    context: ssl.SSLContext, version: ssl.TLSVersion
) -> None:
    client, stream = Client(version), TlsStream(context)
    assert stream.send(b"one\n") == b""
    _, to_client = stream.receive(client.step())
    assert stream.send(b"two\n") == b""

    _, to_client = stream.receive(client.step(to_client))

    assert client.step(to_client) == b""
    assert client.hear(stream.send(b"three\n")) == b"one\ntwo\nthree\n"


def test_a_megabyte_to_send_becomes_many_records(context: ssl.SSLContext) -> None:
    client, stream = connect(context, ssl.TLSVersion.TLSv1_3)

    assert client.hear(stream.send(bytes(1 << 20))) == bytes(1 << 20)


@pytest.mark.parametrize("version", VERSIONS)
def test_closing_says_so_once(context: ssl.SSLContext, version: ssl.TLSVersion) -> None:
    client, stream = connect(context, version)

    assert client.hear(stream.send(LINE) + stream.close()) == LINE + b"<end>"
    assert stream.close() == b""


def test_a_peer_may_end_and_still_be_answered(context: ssl.SSLContext) -> None:
    client, stream = connect(context, ssl.TLSVersion.TLSv1_3)
    assert not stream.ended

    assert stream.receive(client.say(LINE) + client.end()) == (LINE, b"")

    assert stream.ended
    assert client.hear(stream.send(LINE)) == LINE
    assert client.hear(stream.close()) == b"<end>"


@pytest.mark.parametrize("version", VERSIONS)
def test_what_comes_after_either_end_is_dropped(context: ssl.SSLContext, version: ssl.TLSVersion) -> None:
    client, stream = connect(context, version)
    late = client.say(LINE)
    assert stream.close() != b""
    assert stream.receive(late) == (b"", b"")

    client, stream = connect(context, version)
    stream.receive(client.end())
    assert stream.receive(b"garbage") == (b"", b"")


def test_a_peer_that_ends_in_the_handshake_has_ended(context: ssl.SSLContext) -> None:
    client, stream = Client(ssl.TLSVersion.TLSv1_2), TlsStream(context)
    stream.receive(client.step())

    stream.receive(b"\x15\x03\x03\x00\x02\x01\x00")  # close_notify, not yet encrypted

    assert stream.ended


@pytest.mark.parametrize(
    ("garbage", "answer"),
    [
        (LINE, b""),  # who does not speak TLS would not understand an alert
        (b"\x16\x03\x01\x00\x05hello", ALERT),
        (b"\x16\x03\x01\xff\xff" + bytes(9), ALERT),
        (CLAIM_OF_128_KIB, ALERT),
    ],
)
def test_a_peer_without_tls_is_refused(context: ssl.SSLContext, garbage: bytes, answer: bytes) -> None:
    stream = TlsStream(context)

    with pytest.raises(TlsError) as caught:
        stream.receive(garbage)

    assert caught.value.alert[:1] == answer
    assert stream.close() == b""
    assert stream.receive(LINE) == (b"", b"")


def asked_to_retry(context: ssl.SSLContext) -> tuple[Client, TlsStream, bytes]:
    """Both sides after a HelloRetryRequest, and the client's answer to it."""
    context.set_ecdh_curve("secp384r1")  # of which the standard library's first hello has no key share
    client, stream = Client(), TlsStream(context)
    _, retry = stream.receive(client.step())
    return client, stream, client.step(retry)


def test_a_client_may_be_asked_for_another_hello(own_context: ssl.SSLContext) -> None:
    client, stream, second_hello = asked_to_retry(own_context)
    _, to_client = receive_all(stream, [second_hello[:20], second_hello[20:]])

    assert stream.receive(client.step(to_client) + client.say(LINE))[0] == LINE


def test_the_other_hello_may_not_claim_more_than_its_record_either(own_context: ssl.SSLContext) -> None:
    _, stream, second_hello = asked_to_retry(own_context)
    change_cipher_spec = second_hello[:6]
    assert second_hello[6:7] == b"\x16"

    with pytest.raises(TlsError, match="in pieces"):
        stream.receive(change_cipher_spec + CLAIM_OF_128_KIB)


def test_a_version_that_is_too_old_is_refused(context: ssl.SSLContext) -> None:
    hello = bytearray(Client(ssl.TLSVersion.TLSv1_2).step())
    hello[9:11] = b"\x03\x02"  # client_version TLS 1.1

    with pytest.raises(TlsError) as caught:
        TlsStream(context).receive(bytes(hello))

    assert caught.value.alert[-2:] == b"\x02\x46"  # fatal protocol_version


@pytest.mark.parametrize("version", VERSIONS)
def test_a_forged_record_ends_the_conversation(context: ssl.SSLContext, version: ssl.TLSVersion) -> None:
    client, stream = connect(context, version)
    record = bytearray(client.say(LINE))
    record[-1] ^= 1

    with pytest.raises(TlsError) as caught:
        stream.receive(bytes(record))

    assert caught.value.alert != b""
    assert stream.close() == b""


@given(st.binary(min_size=1, max_size=400), st.booleans())
def test_garbage_is_waited_for_or_refused_and_nothing_else(
    context: ssl.SSLContext, garbage: bytes, like_tls: bool
) -> None:
    stream = TlsStream(context)
    try:
        assert stream.receive((b"\x16\x03\x01" if like_tls else b"") + garbage)[0] == b""
    except TlsError:
        assert stream.receive(garbage) == (b"", b"")
    assert stream.close() == b""


def resident_bytes() -> int:
    """Memory of this process; OpenSSL's buffers are in it and not in Python's books."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def test_large_packets_leave_no_large_buffers_behind(context: ssl.SSLContext) -> None:
    pairs = [connect(context, ssl.TLSVersion.TLSv1_3) for _ in range(CONNECTIONS)]
    packets = [client.say(bytes(256 * 1024)) for client, _ in pairs]
    before = resident_bytes()

    for (_, stream), packet in zip(pairs, packets, strict=True):
        assert len(stream.receive(packet[:-1])[0]) > 200_000

    assert resident_bytes() - before < CONNECTIONS * BYTES_OF_A_CONNECTION


def test_tls_is_told_from_lines_by_its_first_byte() -> None:
    assert looks_like_tls(Client().step()[:1])
    assert looks_like_tls(Client().step())
    assert not looks_like_tls(LINE)
    assert not looks_like_tls(b"")
