"""When an address has done enough to be banned."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.stratum import offences as module
from services.stratum.offences import BanRules, Offences

RULES = BanRules(
    enabled=True,
    seconds=600,
    invalid_percent=50,
    check_threshold=10,
    forget_seconds=300,
    junk_limit=3,
    failed_login_limit=5,
)
WHO = "203.0.113.7"


def shares(offences: Offences, verdicts: str, group: str = WHO) -> list[str]:
    """The reasons that come of `v`alid and `i`nvalid shares."""
    reasons = []
    for verdict in verdicts:
        reason = None
        if verdict == "v":
            offences.valid_share(group)
        else:
            reason = offences.invalid_share(group, 0.0)
        if reason:
            reasons.append(reason)
    return reasons


@pytest.mark.parametrize(
    ("verdicts", "bans"),
    [
        ("iiiii", 1),  # half of the window already
        ("vvvvviiiii", 1),
        ("vvvvvviiii" * 20, 0),  # 40 % for ever
        ("vvvvvvvvvv" + "iiiii", 1),  # an honest past excuses nothing
        ("iiii" + "vvvvvv" + "iiii" + "vvvvvv", 0),  # two windows
        ("v" * 1000, 0),
    ],
)
def test_the_percentage_is_taken_over_a_window(verdicts: str, bans: int) -> None:
    assert shares(Offences(RULES), verdicts) == ["invalid-shares"] * bans


@given(st.lists(st.integers(0, 4), max_size=30), st.randoms())
def test_an_address_below_the_percentage_in_every_window_is_never_banned(
    invalid_counts: list[int], random: object
) -> None:
    offences = Offences(RULES)
    for invalid in invalid_counts:
        window = list("i" * invalid + "v" * (10 - invalid))
        random.shuffle(window)  # type: ignore[attr-defined]
        assert shares(offences, "".join(window)) == []


def test_reconnecting_does_not_reset_the_window_and_others_are_not_blamed() -> None:
    offences = Offences(RULES)
    assert shares(offences, "iiii") == []
    assert shares(offences, "iiii", "203.0.113.8") == []
    assert shares(offences, "i") == ["invalid-shares"]
    assert shares(offences, "iiii") == []  # it begins anew


def test_junk_and_failed_logins_ban_beyond_their_limits() -> None:
    offences = Offences(RULES)
    assert [offences.junk(WHO, now) for now in range(4)] == [None, None, None, "junk"]
    assert [offences.failed_login(WHO, now) for now in range(6)] == [None] * 5 + ["failed-logins"]


def test_junk_long_ago_is_forgotten() -> None:
    offences = Offences(RULES)
    for now in (0.0, 1.0, 2.0):
        assert offences.junk(WHO, now) is None
    assert offences.junk(WHO, 302.0) is None
    assert [offences.junk(WHO, 303.0) for _ in range(3)] == [None, None, "junk"]


def test_who_has_only_old_junk_is_forgotten_altogether() -> None:
    offences = Offences(RULES)
    offences.junk(WHO, 0.0)
    offences.valid_share("203.0.113.8")

    offences.forget_old(301.0)

    assert len(offences) == 1


def test_switched_off_nobody_is_banned_and_nothing_is_remembered() -> None:
    offences = Offences(dataclasses.replace(RULES, enabled=False))
    assert shares(offences, "i" * 100) == []
    assert {offences.junk(WHO, 0.0) for _ in range(100)} == {None}
    assert {offences.failed_login(WHO, 0.0) for _ in range(100)} == {None}
    assert len(offences) == 0


def test_the_number_of_remembered_addresses_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_GROUPS", 5)
    offences = Offences(RULES)
    for number in range(100):
        offences.junk(str(number), 0.0)
    assert len(offences) == 5
