from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.stratum.password_options import MAX_DIFFICULTY, PasswordOptions, parse_password


@pytest.mark.parametrize(
    ("password", "difficulty", "minimum"),
    [
        ("d=1024", 1024, None),
        ("x,d=1024", 1024, None),
        ("d=16384 x", 16384, None),
        ("md=512", None, 512),
        ("d=65536;md=1", 65536, 1),
        ("x, D=8 ;\tMD=4", 8, 4),
        ("diff=3,mindiff=2", 3, 2),
        ("MinDiff=0.5,Diff=1.", 1, 0.5),
        ("d=.25", 0.25, None),
        ("d=1e5,md=1E-3", 100000, 0.001),
        ("d=1,d=2", 2, None),
        ("d=2,d=zero", 2, None),
        ("d=1e30", MAX_DIFFICULTY, None),
    ],
)
def test_a_wish_is_found(password: str, difficulty: float | None, minimum: float | None) -> None:
    assert parse_password(password) == PasswordOptions(difficulty, minimum)


@pytest.mark.parametrize(
    "password",
    [
        "",
        "x",
        "123",
        "d",
        "d=",
        "d=x",
        "d = 5",
        "xd=5",
        "d=5x",
        "d=16k",
        "d==5",
        "c=LTC",
        "d=0",
        "d=-5",
        "d=+5",
        "d=nan",
        "d=inf",
        "d=1e31",
        "d=1e999",
        "d=1e-999",
        "d=1_000",
        "d=0x10",
        "d=.",
        "d=\u0665",
        "m\u0501=5",
    ],
)
def test_anything_else_is_no_wish(password: str) -> None:
    assert parse_password(password) == PasswordOptions()


def test_only_the_first_256_characters_are_looked_at() -> None:
    wish = "d=1024"

    assert parse_password("x" * 249 + "," + wish).difficulty == 1024
    assert parse_password("x" * 249 + "," + wish + ",md=1") == PasswordOptions(1024)
    assert parse_password("x" * 250 + "," + wish).difficulty is None
    assert parse_password("x" * 249 + "," + wish + "0").difficulty is None
    assert parse_password(wish + "," + "9" * 10**6).difficulty == 1024


WORDS = st.sampled_from(["d", "md", "diff", "=", "1", "0", ".", "e", "-", ",", ";", " ", "nan", "9" * 40])


@given(st.text() | st.lists(WORDS, max_size=300).map("".join))
def test_any_text_gives_wishes_within_reason(password: str) -> None:
    options = parse_password(password)

    for wish in (options.difficulty, options.minimum):
        assert wish is None or 0 < wish <= MAX_DIFFICULTY


@given(st.floats(0, MAX_DIFFICULTY, exclude_min=True), st.floats(0, MAX_DIFFICULTY, exclude_min=True))
def test_every_number_in_range_is_read_as_it_is_written(difficulty: float, minimum: float) -> None:
    assert parse_password(f"x;d={difficulty!r},md={minimum!r}") == PasswordOptions(difficulty, minimum)
