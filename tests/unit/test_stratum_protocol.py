from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.errors import RejectReason
from services.stratum import protocol as p
from tests.stratum_work import make_job

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def line(**members: Any) -> bytes:
    return json.dumps(members).encode()


def test_a_submit_becomes_its_five_texts() -> None:
    request = p.parse_request(line(id=4, method="mining.submit", params=["w", "1f", "00000001", "65", "ff"]))

    assert request == p.Submit(b"4", "w", "1f", "00000001", "65", "ff")


def test_members_may_come_in_any_order_with_unknown_ones_between_and_a_carriage_return_after() -> None:
    request = p.parse_request(
        b'{"params":["user","secret"],"jsonrpc":"2.0","method":"mining.authorize","id":7}\r'
    )

    assert request == p.Authorize(b"7", "user")


def test_a_password_is_dropped_while_parsing() -> None:
    request = p.parse_request(line(id=1, method="mining.authorize", params=["user", "secret"]))

    assert "secret" not in repr(request)


@pytest.mark.parametrize("request_id", [b"0", b"-1", b"1.50", b'"x\\u0041"', b"null", b"[1, 2]", b'{"a": 1}'])
def test_an_id_of_any_kind_is_echoed_byte_for_byte(request_id: bytes) -> None:
    request = p.parse_request(b'{"id":%b,"method":"mining.ping","params":[]}' % request_id)

    assert p.result_line(request.id, "pong") == b'{"id":%b,"result":"pong","error":null}\n' % request_id


def test_a_missing_id_is_answered_with_null() -> None:
    assert p.parse_request(b'{"method":"mining.ping"}') == p.Ping(b"null")


@pytest.mark.parametrize(
    "garbage",
    [
        b"\r",
        b" ",
        b"GET / HTTP/1.1",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\xff\xfe\x00",
        b'{"id":1,"method":"mining.subs',
        b'{"id":1 "method":"x"}',
        b'{"id":1,"method":5}',
        b'{"id":1,"method":"\xff"}',
        b'{"id":1,"method":"x","params":["\\ud800"]}',
        b'{"id":1,"method":"x","params":[NaN]}',
        b'{"id":1,"method":"x","params":[1e999]}',
        b'{"id":1,"method":"x","params":[' + b"9" * 9000 + b"]}",
        b'{"id":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"id":1,"method":"x","params":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"id":"' + b"x" * 200 + b'","method":"mining.ping"}',
        b"null",
        b"[]",
        b"42",
    ],
)
def test_what_is_no_request_is_malformed(garbage: bytes) -> None:
    with pytest.raises(p.MalformedLineError):
        p.parse_request(garbage)


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("mining.submit", None),
        ("mining.submit", {}),
        ("mining.submit", ["w", "1", "00000000", "65000000"]),
        ("mining.submit", ["w", "1", None, "65000000", "00000000"]),
        ("mining.submit", ["w", 1, "00000000", "65000000", "00000000"]),
        ("mining.authorize", None),
        ("mining.authorize", []),
        ("mining.authorize", [None, "x"]),
        ("mining.authorize", "user"),
        ("mining.configure", []),
        ("mining.configure", ["version-rolling"]),
    ],
)
def test_params_of_the_wrong_shape_are_told_from_unknown_methods(method: str, params: Any) -> None:
    assert p.parse_request(line(id=1, method=method, params=params)) == p.BadParams(b"1", method)


def test_configure_keeps_the_extensions_that_exist() -> None:
    request = p.parse_request(
        line(id=1, method="mining.configure", params=[["x", "version-rolling", 7, ["info"]], {}])
    )

    assert request == p.Configure(b"1", ("version-rolling",))


def test_an_unknown_method_keeps_its_name_for_counting() -> None:
    assert p.parse_request(b'{"id":1,"method":"eth_getWork"}') == p.UnknownMethod(b"1", "eth_getWork")
    assert p.parse_request(b'{"id":1,"result":true}') == p.UnknownMethod(b"1", "")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_malformed(data: bytes) -> None:
    try:
        p.parse_request(data)
    except p.MalformedLineError:
        return


@given(JSON, st.sampled_from([*sorted(p.METHODS), "x"]), JSON)
def test_any_json_is_a_request_or_malformed(request_id: Any, method: str, params: Any) -> None:
    try:
        request = p.parse_request(line(id=request_id, method=method, params=params))
    except p.MalformedLineError:
        assert len(json.dumps(request_id)) > p.MAX_ID_BYTES
        return
    assert json.loads(request.id) == request_id


def test_replies_have_nomps_key_order() -> None:
    assert p.true_line(b"4") == b'{"id":4,"result":true,"error":null}\n'
    assert p.error_line(b"4", 20, "no") == b'{"id":4,"result":null,"error":[20,"no",null]}\n'
    assert p.error_line(b"4", 24, "no", result=False) == b'{"id":4,"result":false,"error":[24,"no",null]}\n'


@pytest.mark.parametrize("reason", RejectReason)
def test_every_refusal_is_an_array_of_number_text_and_null(reason: RejectReason) -> None:
    reply = json.loads(p.refusal_line(b"1", reason))

    assert reply == {"id": 1, "result": None, "error": [reason.number, reason.text, None]}


@pytest.mark.parametrize(
    ("difficulty", "text"),
    [(32.0, b"32"), (0.5, b"0.5"), (1e-9, b"1e-9"), (65536.0, b"65536"), (480.25, b"480.25")],
)
def test_a_whole_difficulty_is_sent_without_a_fraction(difficulty: float, text: bytes) -> None:
    sent = p.set_difficulty_line(difficulty)

    assert sent == b'{"id":null,"method":"mining.set_difficulty","params":[%b]}\n' % text


def test_notify_has_the_nine_parameters_in_order() -> None:
    job = make_job("1f")

    sent = json.loads(p.notify_line(job, clean_jobs=False))

    assert sent == {
        "id": None,
        "method": "mining.notify",
        "params": [
            "1f",
            "00000001" + "00" * 28,
            job.coinb1_hex,
            job.coinb2_hex,
            job.merkle_branch_hex,
            "20000000",
            "1c00ffff",
            "6553f100",
            False,
        ],
    }


def test_a_negative_version_is_sent_as_its_two_complement() -> None:
    job = msgspec.structs.replace(make_job(), version=-1)

    assert json.loads(p.notify_line(job, clean_jobs=True))["params"][5] == "ffffffff"
