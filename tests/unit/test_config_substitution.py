"""Variables of the environment in config files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.config.substitution import Substitution

NAMES = st.from_regex(re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,8}"), fullmatch=True)
TEXTS = st.text(st.characters(exclude_characters="${}", codec="utf-8"), max_size=12)
TREES = st.recursive(
    TEXTS | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${A}", "one"),
        ("<${A}>${A}", "<one>one"),
        ("${A:-two}", "one"),
        ("${EMPTY:-two}", "two"),
        ("${NONE:-two}", "two"),
        ("${NONE:-}", ""),
        ("${NONE:-http://x:1/}", "http://x:1/"),
        ("${EMPTY}", ""),
        ("$A costs 5 $", "$A costs 5 $"),
        ("{A}", "{A}"),
    ],
)
def test_variables_and_defaults(text: str, expected: str) -> None:
    substitution = Substitution({"A": "one", "EMPTY": ""})
    assert substitution.apply(text) == expected
    assert substitution.unresolved == {}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("${NONE}", "the environment variable NONE is not set"),
        ("${A} ${NONE}", "the environment variable NONE is not set"),
        ("${A", "a variable is written ${NAME} or ${NAME:-default}"),
        ("${1A}", "a variable is written ${NAME} or ${NAME:-default}"),
        ("${A-two}", "a variable is written ${NAME} or ${NAME:-default}"),
        ("${}", "a variable is written ${NAME} or ${NAME:-default}"),
    ],
)
def test_what_cannot_be_resolved_stays_and_is_told(text: str, complaint: str) -> None:
    substitution = Substitution({"A": "one"})
    assert substitution.apply({"key": [text]}) == {"key": [text]}
    assert substitution.unresolved == {("key", 0): complaint}


def test_a_value_is_not_looked_into_for_more_variables() -> None:
    assert Substitution({"A": "${B}", "B": "two"}).apply("${A}") == "${B}"


def test_keys_are_replaced_too() -> None:
    substitution = Substitution({"PORT": "3333"})
    assert substitution.apply({"ports": {"${PORT}": {"diff": 1}}}) == {"ports": {"3333": {"diff": 1}}}


def test_the_origin_of_a_value_is_kept() -> None:
    substitution = Substitution({"A": "one"})
    substitution.apply({"list": ["${A}", "plain"]})
    assert substitution.origins == {("list", 0): "${A}"}


def test_a_variable_is_read_from_the_file_that_is_named_for_it(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file \n")
    environ = {"A_FILE": str(tmp_path / "secret"), "A": "", "B": "own", "B_FILE": str(tmp_path / "secret")}
    assert Substitution(environ).apply(["${A}", "${A:-no}", "${B}"]) == [
        "from a file ",
        "from a file ",
        "own",
    ]


def test_a_file_that_cannot_be_read_is_told_with_its_variable(tmp_path: Path) -> None:
    substitution = Substitution({"A_FILE": str(tmp_path / "none")})
    substitution.apply({"a": "${A:-default}"})
    assert substitution.unresolved[("a",)].startswith("the file named by A_FILE cannot be read: ")


@given(TREES)
def test_a_tree_without_variables_stays_as_it_is(tree: Any) -> None:
    substitution = Substitution({})
    assert substitution.apply(tree) == tree
    assert not substitution.origins
    assert not substitution.unresolved


@given(NAMES, TEXTS, TEXTS, TEXTS)
def test_any_name_and_value_is_put_in_its_place(name: str, value: str, before: str, after: str) -> None:
    assert Substitution({name: value}).apply(f"{before}${{{name}}}{after}") == before + value + after
