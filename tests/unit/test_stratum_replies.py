"""Lines to a miner, byte for byte where firmware is particular."""

from __future__ import annotations

import json

import msgspec
import pytest

from nompcore.errors import RejectReason
from services.stratum.replies import (
    GET_VERSION_LINE,
    RECONNECT_LINE,
    error_line,
    notify_line,
    refusal_line,
    set_difficulty_line,
    set_extranonce_line,
    set_version_mask_line,
    show_message_line,
    subscribed_line,
    true_line,
)
from tests.stratum_work import make_job


def test_replies_have_nomps_key_order() -> None:
    assert true_line(b"4") == b'{"id":4,"result":true,"error":null}\n'
    assert error_line(b"4", 20, "no") == b'{"id":4,"result":null,"error":[20,"no",null]}\n'
    assert error_line(b"4", 24, "no", result=False) == b'{"id":4,"result":false,"error":[24,"no",null]}\n'


@pytest.mark.parametrize("reason", RejectReason)
def test_every_refusal_is_an_array_of_number_text_and_null(reason: RejectReason) -> None:
    reply = json.loads(refusal_line(b"1", reason))

    assert reply == {"id": 1, "result": None, "error": [reason.number, reason.text, None]}


@pytest.mark.parametrize(
    ("difficulty", "text"),
    [(32.0, b"32"), (0.5, b"0.5"), (1e-9, b"1e-9"), (65536.0, b"65536"), (480.25, b"480.25")],
)
def test_a_whole_difficulty_is_sent_without_a_fraction(difficulty: float, text: bytes) -> None:
    sent = set_difficulty_line(difficulty)

    assert sent == b'{"id":null,"method":"mining.set_difficulty","params":[%b]}\n' % text


def test_notify_has_the_nine_parameters_in_order() -> None:
    job = make_job("1f")

    sent = json.loads(notify_line(job, clean_jobs=False))

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

    assert json.loads(notify_line(job, clean_jobs=True))["params"][5] == "ffffffff"


def test_a_job_is_sent_again_with_another_id_and_a_later_ntime_and_nothing_else() -> None:
    job = make_job("1f")
    first = json.loads(notify_line(job, clean_jobs=False))["params"]

    again = json.loads(notify_line(job, clean_jobs=False, job_id="1f03", ntime_ahead_seconds=3))["params"]

    assert (again[0], again[7]) == ("1f03", "6553f103")
    assert again[1:7] + again[8:] == first[1:7] + first[8:]


def test_the_subscription_id_stands_behind_both_methods() -> None:
    assert subscribed_line(b"7", "token", "a10f0000", 4) == (
        b'{"id":7,"result":[[["mining.set_difficulty","token"],["mining.notify","token"]],"a10f0000",4],'
        b'"error":null}\n'
    )


def test_notices_name_no_request() -> None:
    assert set_extranonce_line("a10f0001", 4) == (
        b'{"id":null,"method":"mining.set_extranonce","params":["a10f0001",4]}\n'
    )
    assert set_version_mask_line(0x6000) == (
        b'{"id":null,"method":"mining.set_version_mask","params":["00006000"]}\n'
    )
    assert json.loads(show_message_line('"Wartung"\n'))["params"] == ['"Wartung"\n']
    assert show_message_line("a\nb").count(b"\n") == 1
    assert json.loads(RECONNECT_LINE) == {"id": None, "method": "client.reconnect", "params": []}


def test_what_we_ask_has_a_number_as_id() -> None:
    assert json.loads(GET_VERSION_LINE) == {"id": 1, "method": "client.get_version", "params": []}
