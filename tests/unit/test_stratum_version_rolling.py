"""BIP 310: what a miner configures, and shares whose version it rolled."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.errors import RejectReason
from nompcore.job import prepare_job
from nompcore.messages import Job
from nompcore.share import VERSION_ROLLING_MASK, Rejected, Submission, check_shape
from services.stratum.outcome import SubmittedShare
from services.stratum.replies import true_line
from tests.stratum_miner import COIN, EXTRANONCE1, RULES, WORKER, Miner, answer, refused
from tests.stratum_work import EASY, make_job, target_of


def configured(miner: Miner, *extensions: Any, **options: Any) -> Any:
    """The result of mining.configure, without what follows it."""
    named = {name.replace("__", ".").replace("_", "-"): value for name, value in options.items()}
    return miner.call("mining.configure", list(extensions), named)[0]["result"]


def rolled_submit(job: Job, bits_hex: str | None, *, mask: int) -> bytes:
    """The line of a share that meets EASY with these version bits."""
    prepared = prepare_job(job, COIN)
    for nonce in range(1 << 32):
        submission = Submission(
            bytes.fromhex(EXTRANONCE1), "00000000", f"{job.ntime:08x}", f"{nonce:08x}", bits_hex, mask
        )
        found = check_shape(prepared, submission, now_seconds=job.ntime, seen=())
        assert not isinstance(found, Rejected), found
        if int.from_bytes(COIN.pow_hash(found.header), "little") <= target_of(EASY):
            return submit_line(job, submission.nonce_hex, bits_hex)
    raise AssertionError("the nonces do not end")


def submit_line(job: Job, nonce_hex: str, bits_hex: str | None) -> bytes:
    params = [WORKER, job.job_id, "00000000", f"{job.ntime:08x}", nonce_hex]
    params += [bits_hex] if bits_hex is not None else []
    return json.dumps({"id": 1, "method": "mining.submit", "params": params}).encode()


@pytest.mark.parametrize(
    ("offered", "wanted", "granted"),
    [
        (VERSION_ROLLING_MASK, "ffffffff", VERSION_ROLLING_MASK),
        (VERSION_ROLLING_MASK, "1fffe000", VERSION_ROLLING_MASK),
        (VERSION_ROLLING_MASK, "00c00000", 0x00C00000),
        (VERSION_ROLLING_MASK, "20001fff", 0),
        (VERSION_ROLLING_MASK, "not hex", VERSION_ROLLING_MASK),
        (VERSION_ROLLING_MASK, None, VERSION_ROLLING_MASK),
        (0x0000E000, "1fffe000", 0x0000E000),
        (0, "1fffe000", 0),
    ],
)
def test_the_mask_is_what_both_have(offered: int, wanted: str | None, granted: int) -> None:
    miner = Miner(make_job("1"), version_mask=offered)
    reply, *lines = miner.call("mining.configure", ["version-rolling"], {"version-rolling.mask": wanted})

    if granted == 0:
        assert reply["result"] == {"version-rolling": False}
        assert lines == []
        return
    assert reply["result"] == {"version-rolling": True, "version-rolling.mask": f"{granted:08x}"}
    assert lines == [{"id": None, "method": "mining.set_version_mask", "params": [f"{granted:08x}"]}]


def test_no_bit_is_rolled_that_the_coin_uses_itself() -> None:
    """Merge-mined coins have a chain id there."""
    job = msgspec.structs.replace(make_job("1"), version=0x20010100)

    assert configured(Miner(job), "version-rolling") == {"version-rolling": False}


def test_each_extension_asked_for_has_its_answer() -> None:
    answered = configured(
        Miner(make_job("1")),
        *("version-rolling", "minimum-difficulty", "subscribe-extranonce", "info", "no-such", ""),
        minimum_difficulty__value=64,
    )

    assert answered == {
        "version-rolling": True,
        "version-rolling.mask": "1fffe000",
        "minimum-difficulty": True,
        "subscribe-extranonce": True,
        "info": True,
        "no-such": False,
        "": False,
    }


def test_what_is_not_asked_for_is_not_answered() -> None:
    miner = Miner(make_job("1"))

    assert configured(miner) == {}
    assert (miner.session.version_mask, miner.session.follows_extranonce) == (0, False)


@pytest.mark.parametrize("params", [[], ["version-rolling"], [None, {}], [{"version-rolling": True}]])
def test_garbage_is_malformed(params: list[Any]) -> None:
    (reply,) = Miner().call("mining.configure", *params)

    assert reply == {"id": 1, "result": None, "error": [20, "malformed params", None]}


@pytest.mark.parametrize("value", [None, "much", -1, [64], "1e999"])
def test_a_minimum_that_is_no_difficulty_is_not_granted(value: Any) -> None:
    miner = Miner(make_job("1"), vardiff=RULES)

    assert configured(miner, "minimum-difficulty", minimum_difficulty__value=value) == {
        "minimum-difficulty": False
    }


def test_a_minimum_raises_the_difficulty_and_bounds_its_descent() -> None:
    miner = Miner(make_job("1"), vardiff=RULES)
    configured(miner, "minimum-difficulty", minimum_difficulty__value=64)
    assert miner.call("mining.subscribe")[1]["params"] == [64]
    miner.call("mining.authorize", WORKER, "x")

    for now in range(200, 2000, 200):
        assert miner.session.look_for_silence(now) == b""


def test_a_minimum_after_the_subscription_is_announced_at_once() -> None:
    miner = Miner(make_job("1"), vardiff=RULES).ready()

    lines = miner.call("mining.configure", ["minimum-difficulty"], {"minimum-difficulty.value": 64})

    assert [line.get("method") for line in lines] == [None, "mining.set_difficulty", "mining.notify"]


def test_a_minimum_of_nothing_asks_for_none() -> None:
    miner = Miner(make_job("1"), vardiff=RULES)

    assert configured(miner, "minimum-difficulty", minimum_difficulty__value=0) == {
        "minimum-difficulty": True
    }
    assert miner.call("mining.subscribe")[1]["params"] == [EASY]


def test_a_share_with_rolled_bits_counts() -> None:
    job = make_job("1")
    miner = Miner(job).ready()
    configured(miner, "version-rolling")

    assert answer(miner, rolled_submit(job, "00402000", mask=VERSION_ROLLING_MASK)) == true_line(b"1")


def test_the_same_nonce_with_other_bits_is_other_work() -> None:
    job = make_job("1")
    miner = Miner(job, difficulty=EASY).ready()
    configured(miner, "version-rolling")
    line = rolled_submit(job, "00402000", mask=VERSION_ROLLING_MASK)

    assert answer(miner, line) == true_line(b"1")
    assert answer(miner, line) == refused(RejectReason.DUPLICATE)
    assert answer(miner, line.replace(b"00402000", b"00404000")) != refused(RejectReason.DUPLICATE)


@pytest.mark.parametrize("bits", ["20000000", "00000001", "ffffffff"])
def test_bits_outside_the_mask_are_refused(bits: str) -> None:
    miner = Miner(make_job("1")).ready()
    configured(miner, "version-rolling")

    assert answer(miner, submit_line(make_job("1"), "00000000", bits)) == refused(RejectReason.VERSION_MASK)


def test_who_has_not_configured_it_cannot_roll() -> None:
    job = make_job("1")
    miner = Miner(job).ready()

    assert answer(miner, submit_line(job, "00000000", "00002000")) == refused(RejectReason.VERSION_MASK)
    assert answer(miner, rolled_submit(job, None, mask=0)) == true_line(b"1")


def test_who_can_roll_need_not() -> None:
    job = make_job("1")
    miner = Miner(job).ready()
    configured(miner, "version-rolling")

    assert answer(miner, rolled_submit(job, None, mask=VERSION_ROLLING_MASK)) == true_line(b"1")


@given(st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFFFFFFFF))
def test_no_miner_is_granted_a_bit_that_one_side_lacks(offered: int, wanted: int) -> None:
    miner = Miner(version_mask=offered)
    configured(miner, "version-rolling", version_rolling__mask=f"{wanted:08x}")

    assert miner.session.version_mask == offered & wanted


def test_a_share_is_handed_on_with_the_mask_in_force() -> None:
    miner = Miner(make_job("1")).ready()
    configured(miner, "version-rolling", version_rolling__mask="00006000")

    outcome = miner.session.receive(submit_line(make_job("1"), "00000000", "00002000"), 1.0)

    assert isinstance(outcome, SubmittedShare)
    assert (outcome.submission.version_bits_hex, outcome.submission.version_mask) == ("00002000", 0x6000)
