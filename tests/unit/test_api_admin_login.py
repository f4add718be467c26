"""Who is let into the admin center: operators' lines, digits, cookies, tokens, and how long to wait."""

from __future__ import annotations

import base64
import io
import math
import sys

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from nompcore.settings import SettingsInvalid
from services.api.admin import password
from services.api.admin.operators import Operator, password_fits, read_operators
from services.api.admin.session import (
    SESSION_SECONDS,
    Session,
    cookie_of,
    form_token,
    is_token,
    login_token,
    session_of,
)
from services.api.admin.totp import STEP_SECONDS, code_at, matching_step, totp_secret
from services.api.admin.tries import ADDRESS, EVERYBODY, Pace, Tries, one_more, wait_seconds

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
RFC_SECRET = b"12345678901234567890"
SECRET_TEXT = base64.b32encode(RFC_SECRET).decode()
KEY = bytes(range(32))
NOW_MS = 1_764_000_000_123


def line(name: str = "ann", word: str = "right", *, totp: str = "") -> str:
    return f"{name}:{CHEAP.hash(word)}" + (f":{totp}" if totp else "")


def operator(text: str | None = None) -> Operator:
    (one,) = read_operators(text or line()).values()
    return one


# ---- operators ----


def test_each_line_is_an_operator_and_none_is_none() -> None:
    found = read_operators(f"{line('ann')}\n\n  {line('bob', totp=SECRET_TEXT)}  \n")

    assert {name: one.totp for name, one in found.items()} == {"ann": None, "bob": RFC_SECRET}
    assert read_operators("") == {}


def test_only_the_right_password_fits_and_nothing_fits_nobody() -> None:
    assert password_fits(operator(), "right")
    assert not password_fits(operator(), "wrong")
    assert not password_fits(operator(), "")
    assert not password_fits(operator(), "\ud800")
    assert not password_fits(None, "nobody")


@pytest.mark.parametrize(
    "text",
    [
        "secret password",
        f"Ann:{line().partition(':')[2]}",
        f":{line().partition(':')[2]}",
        "ann:secret password",
        "ann:$argon2id$rubbish",
        f"{line()}:not base32 at all!",
        f"{line()}:MFRGG",
        f"{line()}\n{line()}",
    ],
    # their salts are random, and names of tests must not be
    ids=["text", "capital", "no name", "no hash", "rubbish", "no base32", "short secret", "twice"],
)
def test_a_line_that_is_none_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        read_operators(text)

    assert all(problem.startswith("ADMIN_USERS: line ") for problem in caught.value.problems)
    assert "secret" not in str(caught.value).replace("name:hash:secret", "").replace("TOTP secret", "")
    assert "$argon2" not in str(caught.value)


def test_no_repr_shows_what_an_operator_knows() -> None:
    one = operator(line(totp=SECRET_TEXT))

    assert repr(one) == "Operator(name='ann')"


def test_the_command_makes_a_line_that_lets_in(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse battery\n"))

    assert password.main(["ann", "--totp"]) == 0

    printed = capsys.readouterr()
    made = operator(printed.out.strip())
    assert password_fits(made, "correct horse battery")
    assert made.totp is not None
    assert f"secret={base64.b32encode(made.totp).decode()}" in printed.err


def test_the_command_takes_no_short_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("short\n"))

    assert password.main(["ann"]) == 2
    assert capsys.readouterr().out == ""


# ---- digits ----


@pytest.mark.parametrize(
    ("seconds", "digits"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_digits_are_those_of_the_rfc(seconds: int, digits: str) -> None:
    assert code_at(RFC_SECRET, seconds // STEP_SECONDS) == digits
    assert matching_step(RFC_SECRET, f" {digits} ", seconds) == seconds // STEP_SECONDS


def test_digits_are_good_for_a_step_before_and_after_and_no_longer() -> None:
    digits = code_at(RFC_SECRET, 1000)

    found = [matching_step(RFC_SECRET, digits, step * STEP_SECONDS + 7) for step in range(997, 1004)]

    assert found == [None, None, 1000, 1000, 1000, None, None]
    assert matching_step(RFC_SECRET, "", 1000) is None


def test_a_secret_is_read_as_programs_print_it() -> None:
    assert totp_secret(SECRET_TEXT.lower()) == RFC_SECRET
    assert totp_secret(" ".join(SECRET_TEXT)) == RFC_SECRET
    assert totp_secret(base64.b32encode(b"0123456789a").decode().rstrip("=")) == b"0123456789a"


# ---- sessions ----


def test_a_cookie_is_good_until_its_time_is_over() -> None:
    one = operator()
    session = Session(one, NOW_MS, "5f0c")
    cookie = cookie_of(session, KEY)
    ends_ms = NOW_MS + SESSION_SECONDS * 1000

    assert session_of(cookie, KEY, {"ann": one}, NOW_MS) == session
    assert session_of(cookie, KEY, {"ann": one}, ends_ms - 1) == session
    assert session_of(cookie, KEY, {"ann": one}, ends_ms) is None
    assert session_of(cookie, KEY, {"ann": one}, NOW_MS - 1) is None


def test_a_cookie_ends_with_the_password_the_operator_and_the_key() -> None:
    one = operator()
    cookie = cookie_of(Session(one, NOW_MS, "5f0c"), KEY)

    assert session_of(cookie, KEY, {"ann": operator(line(word="another"))}, NOW_MS) is None
    assert session_of(cookie, KEY, {}, NOW_MS) is None
    assert session_of(cookie, KEY[::-1], {"ann": one}, NOW_MS) is None


@given(st.integers(0, 200), st.text(max_size=1))
def test_a_cookie_with_any_other_letter_is_none(place: int, letter: str) -> None:
    one = operator(LINE)
    cookie = cookie_of(Session(one, NOW_MS, "5f0c"), KEY)
    changed = cookie[: place % len(cookie)] + letter + cookie[place % len(cookie) + 1 :]

    found = session_of(changed, KEY, {"ann": one}, NOW_MS)

    assert (found is not None) == (changed == cookie)


LINE = line()


@given(st.text())
def test_any_text_is_no_cookie(text: str) -> None:
    assert session_of(text, KEY, {"ann": operator(LINE)}, NOW_MS) is None


def test_a_form_token_is_of_one_session_and_never_its_cookie() -> None:
    one = operator()
    session, other = Session(one, NOW_MS, "5f0c"), Session(one, NOW_MS, "5f0d")
    token = form_token(session, KEY)

    assert is_token(form_token(session, KEY), token)
    assert not is_token(form_token(other, KEY), token)
    assert not is_token(token, "")
    assert token not in cookie_of(session, KEY)
    assert login_token("5f0c", KEY) != login_token("5f0d", KEY)


# ---- waiting ----


def waits(pace: Pace, tries: int) -> list[float]:
    """The wait before each of so many tries that are all made as soon as they may be."""
    now_ms, counter, found = NOW_MS, None, []
    for _ in range(tries):
        wait = wait_seconds(counter, now_ms, pace) if counter else 0.0
        found.append(wait)
        now_ms += math.ceil(wait * 1000)
        assert counter is None or wait_seconds(counter, now_ms, pace) == 0.0
        counter = one_more(counter, now_ms, pace)
    return found


def test_a_few_tries_are_free_and_each_later_one_waits_longer_up_to_a_bound() -> None:
    found = waits(Pace(free=3, first_seconds=2, longest_seconds=60, half_life_seconds=1e12), 12)

    assert found[:3] == [0, 0, 0]
    assert [round(wait) for wait in found[3:]] == [2, 4, 8, 16, 32, 60, 60, 60, 60]


@pytest.mark.parametrize(("pace", "guesses_a_day"), [(ADDRESS, 200), (EVERYBODY, 4000)])
def test_guessing_stays_slow_for_ever(pace: Pace, guesses_a_day: int) -> None:
    found = waits(pace, 300)

    assert 100 * 86400 / sum(found[-100:]) < guesses_a_day
    assert max(found) <= pace.longest_seconds


def test_what_was_tried_long_ago_is_forgotten() -> None:
    many = Tries(10.0, NOW_MS)
    later_ms = NOW_MS + round(ADDRESS.half_life_seconds * 10_000)

    assert one_more(many, later_ms, ADDRESS).count == pytest.approx(1, abs=0.01)


@given(st.floats(0, 1e6), st.integers(-(10**12), 10**12))
def test_a_wait_is_never_negative_nor_longer_than_the_longest(count: float, elapsed_ms: int) -> None:
    wait = wait_seconds(Tries(count, NOW_MS - elapsed_ms), NOW_MS, ADDRESS)

    assert 0.0 <= wait <= ADDRESS.longest_seconds
