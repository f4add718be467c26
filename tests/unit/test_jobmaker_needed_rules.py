"""Which rules a daemon's refusal asks for, and what is asked of it then."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.errors import DaemonRefused
from services.jobmaker.capabilities import SUBMITBLOCK, Capabilities, needed_rules

INVALID_PARAMETER = -8

LITECOIN_TEXT = (
    "getblocktemplate must be called with the segwit & mweb rule sets"
    ' (call with {"rules": ["mweb", "segwit"]})'
)
BITCOIN_TEXT = 'getblocktemplate must be called with the segwit rule set (call with {"rules": ["segwit"]})'


@pytest.mark.parametrize(
    ("text", "rules"),
    [(LITECOIN_TEXT, ("mweb", "segwit")), (BITCOIN_TEXT, ("segwit",))],
    ids=["litecoin", "bitcoin"],
)
def test_a_daemons_own_words_name_the_rules(text: str, rules: tuple[str, ...]) -> None:
    assert needed_rules(DaemonRefused(INVALID_PARAMETER, text)) == rules


@given(st.lists(st.sampled_from(["segwit", "mweb"]), unique=True), st.text(), st.text())
def test_rules_are_found_within_any_sentence(rules: list[str], before: str, after: str) -> None:
    before = before.replace('"', "'")
    text = f"{before}{json.dumps({'rules': rules})}{after}"

    assert needed_rules(DaemonRefused(INVALID_PARAMETER, text)) == tuple(rules)


@given(
    st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1).filter(
        lambda rule: rule not in {"segwit", "mweb"}
    ),
    st.booleans(),
)
def test_a_daemon_that_wants_a_rule_that_is_not_understood_gets_none(rule: str, comes_first: bool) -> None:
    rules = [rule, "segwit"] if comes_first else ["segwit", rule]
    text = f"getblocktemplate must be called with (call with {json.dumps({'rules': rules})})"

    assert needed_rules(DaemonRefused(INVALID_PARAMETER, text)) == ()


@given(st.integers().filter(lambda code: code != INVALID_PARAMETER))
def test_other_errors_are_no_call_for_rules(code: int) -> None:
    assert needed_rules(DaemonRefused(code, LITECOIN_TEXT)) == ()


@given(st.text(st.characters(exclude_characters="[")))
def test_a_refusal_without_a_list_names_no_rules(text: str) -> None:
    assert needed_rules(DaemonRefused(INVALID_PARAMETER, text)) == ()


def test_the_template_is_asked_for_with_the_rules_and_with_what_the_pool_can_do() -> None:
    capabilities = Capabilities(("mweb", "segwit"), SUBMITBLOCK, False, b"\x51", 70015)

    first = capabilities.template_request
    first["longpollid"] = "abc"

    assert capabilities.template_request == {
        "capabilities": ["coinbasetxn", "workid", "coinbase/append"],
        "rules": ["mweb", "segwit"],
    }
