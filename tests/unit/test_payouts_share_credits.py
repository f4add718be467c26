"""PPS: every share is credited once and whole, however the log is read, and the reserve never owes."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from nompcore.errors import LedgerError
from nompcore.messages import Share
from services.payouts.counting.groups import OWN, Groups
from services.payouts.ledger import accounts
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.reserve_ledger import Crediting, Earned, Progress
from services.payouts.rounds.scheme_history import SchemeHistory
from services.payouts.rounds.share_credits import ShareCredits
from services.payouts.schemes.pps import PARTS_PER_SAT, Pps, worth
from services.payouts.schemes.prop import Prop
from tests.unit.ledger_steps import NOW
from tests.unit.payouts_samples import POOL, START_MS, block_hash, share, share_batch, sqlite_ledger

PPS = SchemeHistory(by_group={OWN: ((0, Pps()),)})
FEE_PPM = 20_000
REWARD = 50_00000000
RICH = 10**15


def pps_share(address: str, difficulty: float = 1, **changes: object) -> Share:
    made = share(address, difficulty, reward_sats=REWARD, network_difficulty=1e6)
    return structs.replace(made, **changes)


def deposit(ledger: Ledger, sats: int, reference: str = "d1") -> bool:
    return ledger.reserve.deposit_reserve(POOL, sats=sats, reference=reference, now_ms=NOW)


def credit(
    ledger: Ledger, messages: Sequence[Sequence[Share]], first: int, *, history: SchemeHistory = PPS
) -> tuple[Crediting, ShareCredits]:
    """One reading of the log, as the crediter does it."""
    reserve = ledger.reserve.standing(POOL)
    hashes = {each.block_hash_display for shares in messages for each in shares}
    folded = ShareCredits(reserve, history, fee_ppm=FEE_PPM, seen=ledger.reserve.seen(POOL, hashes))
    for number, shares in enumerate(messages):
        if not folded.add(share_batch(shares), first + number):
            break
    return ledger.reserve.credit(POOL, reserve.progress, folded.earned(), NOW), folded


def owed(ledger: Ledger) -> dict[str, int]:
    """Address → credited sats."""
    return {
        address: -sats
        for account, sats in ledger.balances(POOL).items()
        if (address := accounts.miner_address(account)) is not None
    }


# ---- exactly once, in any reading ----


logs = st.lists(
    st.lists(st.builds(pps_share, st.sampled_from("abc"), st.floats(1e-4, 1e3)), min_size=0, max_size=4),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(logs, st.data())
def test_every_reading_comes_to_the_same_credits(log: list[list[Share]], data: st.DataObject) -> None:
    """Whole sats of each address's sum, rounded down once a share to 2^-32: however the log was cut up."""
    with tempfile.TemporaryDirectory() as directory:
        ledger = sqlite_ledger(Path(directory))
        deposit(ledger, RICH)
        position = 0
        while position < len(log):
            size = data.draw(st.integers(1, len(log) - position))
            crediting, _ = credit(ledger, log[position : position + size], position + 1)
            assert crediting is Crediting.CREDITED
            position += size
        parts: dict[str, int] = {}
        for each in (each for shares in log for each in shares):
            parts[each.address] = parts.get(each.address, 0) + (worth(each, FEE_PPM) or 0)
        assert owed(ledger) == {a: n // PARTS_PER_SAT for a, n in parts.items() if n >= PARTS_PER_SAT}
        assert ledger.balances(POOL)[accounts.RESERVE] == sum(owed(ledger).values()) - RICH
        assert sum(ledger.balances(POOL).values()) == 0
        ledger.close()


def test_a_reading_that_was_credited_is_not_credited_again(ledger: Ledger) -> None:
    deposit(ledger, RICH)
    before = ledger.reserve.standing(POOL)
    folded = ShareCredits(before, PPS, fee_ppm=FEE_PPM, seen=set())
    assert folded.add(share_batch([pps_share("a", 10)]), 5)
    answers = [ledger.reserve.credit(POOL, before.progress, folded.earned(), NOW) for _ in range(2)]
    assert answers == [Crediting.CREDITED, Crediting.TAKEN]
    assert owed(ledger) == {"a": REWARD * 98 // 100 * 10 // 10**6}


def test_parts_of_a_unit_are_kept_until_they_are_one(ledger: Ledger) -> None:
    deposit(ledger, RICH)
    third = pps_share(
        "a", 1, reward_sats=10**6, network_difficulty=3.0 * 10**6 * 98 / 100
    )  # a third of a sat
    for number in range(1, 8):
        credit(ledger, [[third]], number)
    assert owed(ledger) == {"a": 2}


# ---- the reserve ----


def test_crediting_stops_where_the_reserve_ends_and_goes_on_when_it_is_filled(ledger: Ledger) -> None:
    each_sats = REWARD * 98 // 100 * 100 // 10**6
    deposit(ledger, 2 * each_sats)
    log = [[pps_share("a", 100)], [pps_share("b", 100)], [pps_share("c", 100)], [pps_share("a", 100)]]
    credit(ledger, log, 1)
    assert owed(ledger) == {"a": each_sats, "b": each_sats}
    assert ledger.reserve.standing(POOL).progress.position == 2
    deposit(ledger, 2 * each_sats, "d2")
    credit(ledger, log[2:], 3)
    assert owed(ledger) == {"a": 2 * each_sats, "b": each_sats, "c": each_sats}
    assert accounts.RESERVE not in ledger.balances(POOL)


def test_shares_worth_nothing_need_no_reserve(ledger: Ledger) -> None:
    crediting, _ = credit(ledger, [[pps_share("a", 1e-9)]], 1)
    assert crediting is Crediting.CREDITED
    assert ledger.reserve.standing(POOL).progress.position == 1


def test_the_ledger_refuses_what_the_reserve_does_not_cover(ledger: Ledger) -> None:
    earned = Earned(Progress(position=1), {"a": 1}, {}, [])
    assert ledger.reserve.credit(POOL, Progress(), earned, NOW) is Crediting.EMPTY
    assert ledger.balances(POOL) == {}


def test_a_deposit_is_booked_once(ledger: Ledger) -> None:
    assert deposit(ledger, 5)
    assert not deposit(ledger, 5)
    assert ledger.balances(POOL) == {accounts.WALLET: 5, accounts.RESERVE: -5}
    with pytest.raises(LedgerError):
        deposit(ledger, 0, "d2")


# ---- which shares ----


def test_shares_of_other_schemes_are_passed(ledger: Ledger) -> None:
    deposit(ledger, RICH)
    groups = Groups({3334: ((0, "pps"),)})
    history = SchemeHistory(groups, {OWN: ((0, Prop()),), "pps": ((0, Pps()),)})
    credit(ledger, [[pps_share("a", 100), pps_share("b", 100, port=3334)]], 1, history=history)
    assert owed(ledger).keys() == {"b"}


def test_pps_begins_with_the_round_after_the_change_and_ends_with_one(ledger: Ledger) -> None:
    deposit(ledger, RICH)
    changes = ((0, Prop()), (START_MS + 5, Pps()), (START_MS + 15, Prop()))
    history = SchemeHistory(by_group={OWN: changes})
    log = [
        [pps_share("before", time_ms=START_MS + 6)],
        [
            pps_share("before", time_ms=START_MS + 7, block_hash_display=block_hash(1)),
            pps_share("pps", time_ms=START_MS + 8),
            pps_share("pps", time_ms=START_MS + 9, block_hash_display=block_hash(1)),  # a repeat ends nothing
        ],
        [pps_share("pps", time_ms=START_MS + 16), pps_share("pps", block_hash_display=block_hash(2),
                                                              time_ms=START_MS + 17)],
        [pps_share("after", time_ms=START_MS + 18)],
    ]  # fmt: skip
    for number, shares in enumerate(log, 1):
        credit(ledger, [shares], number, history=history)
    assert owed(ledger).keys() == {"pps"}
    assert owed(ledger)["pps"] == 4 * (worth(pps_share("pps"), FEE_PPM) or 0) // PARTS_PER_SAT


def test_a_repeat_of_a_candidate_read_later_ends_nothing(ledger: Ledger) -> None:
    deposit(ledger, RICH)
    history = SchemeHistory(by_group={OWN: ((0, Prop()), (START_MS + 5, Pps()))})
    old = pps_share("a", time_ms=START_MS, block_hash_display=block_hash(1))
    for number, shares in enumerate(
        ([old], [structs.replace(old, time_ms=START_MS + 8)], [pps_share("a", time_ms=START_MS + 9)]), 1
    ):
        credit(ledger, [shares], number, history=history)
    assert owed(ledger) == {}


def test_shares_without_a_value_are_counted_and_earn_nothing(ledger: Ledger) -> None:
    deposit(ledger, RICH)
    _, folded = credit(ledger, [[share("a", 5), pps_share("a", 100)]], 1)
    assert (folded.shares, folded.unvalued) == (1, 1)


def test_reading_goes_on_elsewhere_once(ledger: Ledger) -> None:
    deposit(ledger, RICH)
    credit(ledger, [[pps_share("a", 100)]], 900)
    before = ledger.reserve.standing(POOL).progress
    after = replace(before, position=0, run=1)
    assert ledger.reserve.move(POOL, before, after)
    assert not ledger.reserve.move(POOL, before, after)
    for position in (900, 901):  # the same numbers in a new log are other shares
        crediting, _ = credit(ledger, [[pps_share("a", 100)]], position)
        assert crediting is Crediting.CREDITED
    assert owed(ledger) == {"a": 3 * REWARD * 98 // 100 * 100 // 10**6}
