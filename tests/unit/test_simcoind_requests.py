"""Requests to simcoind: bounded, sorted into errors, and never able to break the server."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcoind.faults import Fault, FaultBoard, FaultKind
from simcoind.http_head import HttpError, basic_authorization, is_authorized, parse_head, response_head
from simcoind.money import COIN, MAX_MONEY
from simcoind.rpc.amounts import coins, parse_sats
from simcoind.rpc.error import RpcError
from simcoind.rpc.jsonrpc import MAX_BATCH, Reply, Request, encode_replies, parse_body
from simcoind.rpc.params import Params
from simcoind.rpc.table import HANDLERS, usage

MAX_BODY = 1_000


def head(*lines: str) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def test_a_request_head_is_read() -> None:
    read = parse_head(
        head("POST /wallet/my%20pool HTTP/1.1", "Content-Length: 7", "AUTHORIZATION: Basic x"), MAX_BODY
    )

    assert read.wallet_name == "my pool"
    assert read.content_length == 7
    assert read.authorization == "Basic x"
    assert read.keep_alive


def test_a_client_may_ask_for_the_end_of_the_connection() -> None:
    assert not parse_head(
        head("POST / HTTP/1.1", "content-length: 0", "Connection: close"), MAX_BODY
    ).keep_alive
    assert not parse_head(head("POST / HTTP/1.0", "content-length: 0"), MAX_BODY).keep_alive


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["GET / HTTP/1.1"], HTTPStatus.METHOD_NOT_ALLOWED),
        (["POST /elsewhere HTTP/1.1", "Content-Length: 1"], HTTPStatus.NOT_FOUND),
        (["POST / HTTP/1.1"], HTTPStatus.LENGTH_REQUIRED),
        (["POST / HTTP/1.1", "Content-Length: 1001"], HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
        (["POST / HTTP/1.1", "Content-Length: -1"], HTTPStatus.BAD_REQUEST),
        (["POST / HTTP/1.1", "Content-Length: ²"], HTTPStatus.BAD_REQUEST),
        (["POST / HTTP/1.1", "no colon"], HTTPStatus.BAD_REQUEST),
        (["nonsense"], HTTPStatus.BAD_REQUEST),
    ],
)
def test_a_head_that_cannot_be_served_has_its_status(lines: list[str], status: HTTPStatus) -> None:
    with pytest.raises(HttpError) as caught:
        parse_head(head(*lines), MAX_BODY)

    assert caught.value.status is status


@given(st.binary(max_size=300))
def test_junk_heads_are_refused_and_break_nothing(junk: bytes) -> None:
    try:
        read = parse_head(b"POST " + junk + b"\r\n\r\n", MAX_BODY)
    except HttpError:
        return
    assert 0 <= read.content_length <= MAX_BODY


def test_only_the_right_password_is_let_in() -> None:
    wanted = basic_authorization("user", "secret:with:colons")
    sent = "Basic " + base64.b64encode(b"user:secret:with:colons").decode()
    right = parse_head(head("POST / HTTP/1.1", "Content-Length: 0", f"Authorization: {sent}"), MAX_BODY)
    wrong = parse_head(head("POST / HTTP/1.1", "Content-Length: 0", f"Authorization: {sent}x"), MAX_BODY)

    assert is_authorized(right, wanted)
    assert not is_authorized(wrong, wanted)


def test_a_refused_client_is_told_how_to_log_in() -> None:
    text = response_head(401, 0, keep_alive=False).decode()

    assert text.startswith("HTTP/1.1 401 Unauthorized\r\n")
    assert 'WWW-Authenticate: Basic realm="jsonrpc"' in text
    assert "Connection: close" in text


def test_a_call_and_a_batch_are_told_apart() -> None:
    one = parse_body(b'{"id":7,"method":"getblockhash","params":[1.10]}')
    many = parse_body(b'[{"id":"a","method":"uptime"},5]')

    assert one == Request("getblockhash", [Decimal("1.10")], 7)
    assert isinstance(many, list)
    assert many[0] == Request("uptime", [], "a")
    assert many[1].error is not None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", -32700),
        (b"5", -32700),
        (b'{"id":1', -32700),
        (b'{"id":NaN,"method":"x"}', -32700),
        (b'{"method":"\xff"}', -32700),
        (b"[" * 5_000, -32700),
        (b"[" + b",".join([b"{}"] * (MAX_BATCH + 1)) + b"]", -32600),
    ],
)
def test_a_body_that_is_no_call_has_its_code(body: bytes, code: int) -> None:
    with pytest.raises(RpcError) as caught:
        parse_body(body)

    assert caught.value.code == code


@pytest.mark.parametrize(
    "body", [b"{}", b'{"method":5}', b'{"method":"x","params":{"named":1}}', b'{"method":"x","id":[1]}']
)
def test_a_call_without_method_list_or_plain_id_is_invalid(body: bytes) -> None:
    request = parse_body(body)

    assert isinstance(request, Request)
    assert request.error is not None
    assert Reply(None, error=request.error).status == 400


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(json.dumps).map(str.encode)
)
def test_every_body_is_answered_with_json(body: bytes) -> None:
    try:
        requests = parse_body(body)
    except RpcError as error:
        answer = encode_replies(Reply(None, error=error))
    else:
        asked = requests if isinstance(requests, list) else [requests]
        answer = encode_replies([Reply(request.request_id, result=request.method) for request in asked])
    assert json.loads(answer) is not None


@given(st.integers(0, MAX_MONEY))
def test_an_amount_survives_the_wire(sats: int) -> None:
    text = bytes(coins(sats)).decode()

    assert parse_sats(text) == sats
    assert parse_sats(Decimal(text)) == sats


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "Amount is not a number or string"),
        (None, "Amount is not a number or string"),
        ([1], "Amount is not a number or string"),
        ("one", "Invalid amount"),
        ("NaN", "Invalid amount"),
        ("0.000000001", "Invalid amount"),
        (-1, "Amount out of range"),
        (Decimal("1e300000"), "Amount out of range"),
        (MAX_MONEY // COIN + 1, "Amount out of range"),
    ],
)
def test_what_is_no_amount_is_refused(value: object, text: str) -> None:
    with pytest.raises(RpcError) as caught:
        parse_sats(value)

    assert (caught.value.code, caught.value.text) == (-3, text)


def test_a_missing_parameter_answers_the_usage_and_a_wrong_one_its_type() -> None:
    params = Params(["x", True, None], "call me so")

    with pytest.raises(RpcError, match="call me so"):
        params.text(3)
    with pytest.raises(RpcError, match="not an integer"):
        params.integer(0)
    with pytest.raises(RpcError, match="not an integer"):
        params.integer(1)
    assert params.integer(2, 5) == 5
    assert params.boolean(1) is True


def test_every_call_tells_its_usage() -> None:
    for name in HANDLERS:
        assert usage(name).split(" ")[0] == name


def test_a_fault_strikes_its_methods_as_often_as_it_shall() -> None:
    board = FaultBoard()
    board.fault = Fault(FaultKind.DROP, frozenset({"submitblock"}), 0.0, 2)

    struck = [
        board.strike(name) is not None for name in ("uptime", "submitblock", "submitblock", "submitblock")
    ]

    assert struck == [False, True, True, False]
    assert board.fault is None
