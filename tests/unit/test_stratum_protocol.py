"""From lines to typed requests."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.stratum import protocol as p
from services.stratum import requests as r
from services.stratum.password_options import PasswordOptions
from services.stratum.replies import result_line

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

    assert request == r.Submit(b"4", "w", "1f", "00000001", "65", "ff")


def test_members_may_come_in_any_order_with_unknown_ones_between_and_a_carriage_return_after() -> None:
    request = p.parse_request(
        b'{"params":["user","secret"],"jsonrpc":"2.0","method":"mining.authorize","id":7}\r'
    )

    assert request == r.Authorize(b"7", "user", PasswordOptions())


def test_of_a_password_only_its_options_are_kept() -> None:
    request = p.parse_request(line(id=1, method="mining.authorize", params=["user", "secret,d=1024;md=2"]))

    assert request == r.Authorize(b"1", "user", PasswordOptions(difficulty=1024, minimum=2))
    assert "secret" not in repr(request)


@pytest.mark.parametrize("password", [None, 5, [], {"d": 1}])
def test_a_password_that_is_no_text_asks_for_nothing(password: Any) -> None:
    request = p.parse_request(line(id=1, method="mining.authorize", params=["user", password]))

    assert request == r.Authorize(b"1", "user", PasswordOptions())


@pytest.mark.parametrize("request_id", [b"0", b"-1", b"1.50", b'"x\\u0041"', b"null", b"[1, 2]", b'{"a": 1}'])
def test_an_id_of_any_kind_is_echoed_byte_for_byte(request_id: bytes) -> None:
    request = p.parse_request(b'{"id":%b,"method":"mining.ping","params":[]}' % request_id)

    assert isinstance(request, r.Ping)
    assert result_line(request.id, "pong") == b'{"id":%b,"result":"pong","error":null}\n' % request_id


def test_a_missing_id_is_answered_with_null() -> None:
    assert p.parse_request(b'{"method":"mining.ping"}') == r.Ping(b"null")


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
    assert p.parse_request(line(id=1, method=method, params=params)) == r.BadParams(b"1", method)


@pytest.mark.parametrize(
    ("params", "agent", "token"),
    [
        (None, "", ""),
        ([], "", ""),
        ({"agent": "x"}, "", ""),
        (["cgminer/4.11.1"], "cgminer/4.11.1", ""),
        (["bmminer/2.0.0", "a10f0000"], "bmminer/2.0.0", "a10f0000"),
        ([None, "a10f0000", "host", 3333], "", "a10f0000"),
        (["x", None], "x", ""),
        ([5, 5], "", ""),
        (["a\u00e9\n\x7fb\x1b[31m"], "ab[31m", ""),
        (["m" * 5000], "m" * p.MAX_AGENT_LETTERS, ""),
    ],
)
def test_a_subscription_says_what_it_can_and_is_one_whatever_it_says(
    params: Any, agent: str, token: str
) -> None:
    request = p.parse_request(line(id=1, method="mining.subscribe", params=params))

    assert request == r.Subscribe(b"1", agent, token)


def test_configure_keeps_the_names_of_extensions_that_can_be_some() -> None:
    request = p.parse_request(
        line(id=1, method="mining.configure", params=[["x", "info", 7, ["info"], "y" * 65], {}])
    )

    assert request == r.Configure(b"1", ("x", "info"))


def test_configure_looks_at_a_bounded_number_of_extensions() -> None:
    request = p.parse_request(line(id=1, method="mining.configure", params=[[str(i) for i in range(99)]]))

    assert isinstance(request, r.Configure)
    assert len(request.extensions) == p.MAX_EXTENSIONS


@pytest.mark.parametrize(
    ("given", "mask"),
    [
        ("1fffe000", 0x1FFFE000),
        ("FFFFFFFF", 0xFFFFFFFF),
        ("0", 0),
        ("f1fffe000", 0x1FFFE000),
        ("", r.VERSION_MASK_ALL),
        ("mask", r.VERSION_MASK_ALL),
        (0x2000, r.VERSION_MASK_ALL),
        (None, r.VERSION_MASK_ALL),
    ],
)
def test_a_mask_is_hex_and_one_that_is_none_asks_for_all_bits(given: Any, mask: int) -> None:
    params = [["version-rolling"], {"version-rolling.mask": given}]
    request = p.parse_request(line(id=1, method="mining.configure", params=params))

    assert isinstance(request, r.Configure)
    assert request.version_mask == mask


@pytest.mark.parametrize(
    ("given", "least"),
    [
        (2048, 2048.0),
        (0.5, 0.5),
        ("2048", 2048.0),
        (0, 0.0),
        (-1, None),
        ("much", None),
        ("1e999", None),
        (10**400, None),
        (True, None),
        (None, None),
        ([8], None),
    ],
)
def test_a_minimum_difficulty_is_a_number_or_a_text_of_one(given: Any, least: float | None) -> None:
    params = [["minimum-difficulty"], {"minimum-difficulty.value": given}]
    request = p.parse_request(line(id=1, method="mining.configure", params=params))

    assert isinstance(request, r.Configure)
    assert request.minimum_difficulty == least


@pytest.mark.parametrize("options", [None, [], "x", 5])
def test_extensions_may_come_without_parameters(options: Any) -> None:
    request = p.parse_request(line(id=1, method="mining.configure", params=[["info"], options]))

    assert request == r.Configure(b"1", ("info",))


def test_a_suggestion_is_a_number_or_a_text_of_one() -> None:
    numbers = [
        p.parse_request(line(id=1, method="mining.suggest_difficulty", params=[given]))
        for given in (1024, 0.25, "512")
    ]

    assert numbers == [r.SuggestDifficulty(b"1", number) for number in (1024.0, 0.25, 512.0)]


@pytest.mark.parametrize("params", [None, [], ["much"], [0], [-8], [None], [True], {"0": 8}])
def test_a_suggestion_of_no_difficulty_has_bad_params(params: Any) -> None:
    request = p.parse_request(line(id=1, method="mining.suggest_difficulty", params=params))

    assert request == r.BadParams(b"1", "mining.suggest_difficulty")


def test_a_line_with_a_result_and_no_method_answers_a_request_of_ours() -> None:
    assert p.parse_request(b'{"id":1,"result":"cgminer/4.11.1","error":null}') == r.Reply("cgminer/4.11.1")
    assert p.parse_request(b'{"id":1,"result":true,"error":null}') == r.Reply("")
    assert p.parse_request(b'{"id":1,"result":null,"error":[20,"no",null]}') == r.Reply("")


def test_of_an_answer_only_what_can_be_logged_is_kept() -> None:
    reply = p.parse_request(line(id=1, result="a\u00e9\n\x1bb" + "c" * 5000))

    assert reply == r.Reply("abc".ljust(p.MAX_AGENT_LETTERS - 3, "c"))


def test_an_unknown_method_keeps_its_name_for_counting() -> None:
    assert p.parse_request(b'{"id":1,"method":"eth_getWork"}') == r.UnknownMethod(b"1", "eth_getWork")
    assert p.parse_request(b'{"id":1}') == r.UnknownMethod(b"1", "")


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
    assert not isinstance(request, r.Reply)
    assert json.loads(request.id) == request_id
