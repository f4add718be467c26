"""Which logins count without being looked up again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.stratum.known_logins import KEPT_SECONDS, MAX_KEPT, KnownLogins

KEY = bytes(range(32))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_only_the_very_login_that_was_right_is_known(user: str, password: str, name: str, word: str) -> None:
    known = KnownLogins(KEY)
    assert not known.knows(user, password, 0)
    known.remember(user, password, 0)
    assert known.knows(user, password, 1)
    assert known.knows(name, word, 1) == ((name, word) == (user, password))


def test_a_login_counts_for_a_while_from_the_last_time_it_was_right() -> None:
    known = KnownLogins(KEY)
    known.remember("alice", "x", 100)
    assert known.knows("alice", "x", 100 + KEPT_SECONDS - 1)
    assert not known.knows("alice", "x", 100 + KEPT_SECONDS)
    known.remember("alice", "x", 200)
    assert known.knows("alice", "x", 100 + KEPT_SECONDS)


def test_the_oldest_give_way() -> None:
    known = KnownLogins(KEY)
    known.remember("first", "x", 0)
    known.remember("second", "x", 0)
    known.remember("first", "x", 0)
    for number in range(MAX_KEPT - 1):
        known.remember(f"miner{number}", "x", 0)
    assert len(known) == MAX_KEPT
    assert known.knows("first", "x", 1)
    assert not known.knows("second", "x", 1)


def test_what_is_kept_is_no_password() -> None:
    known = KnownLogins(KEY)
    known.remember("alice", "secret", 0)
    kept = repr(vars(known))
    assert "secret" not in kept
    assert "alice" not in kept
