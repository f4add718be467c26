"""Each scheme against its published definition, and what has to hold for any shares.

The definitions are those of Meni Rosenfeld, "Analysis of Bitcoin Pooled Mining Reward Systems",
arXiv:1112.4980: PROP in section 2.1, PPS in 2.2, Slush's score in 3.1, PPLNS in 3.3. B is the block's reward,
D the network's difficulty, f the pool's fee, p = 1/D the chance of a share of difficulty 1 to be a block.
"""

from __future__ import annotations

import math
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.config import SchemeConfig
from services.payouts.rounds.rewards import split
from services.payouts.schemes.choice import AnyScheme, decode, encode, scheme_named
from services.payouts.schemes.pplns import Pplns
from services.payouts.schemes.pplnt import Pplnt
from services.payouts.schemes.pps import PARTS_PER_SAT, Pps, worth
from services.payouts.schemes.prop import Prop
from services.payouts.schemes.scheme import CLOCK_SLACK_MS, LogShare
from services.payouts.schemes.score import FACTOR_BITS, HORIZON, Score, factor
from services.payouts.schemes.solo import Solo
from tests.unit.payouts_samples import START_MS, share
from tests.unit.scheme_samples import ONE, candidate_of, log_share, weigh

B = 50_00000000
NAMES = ("prop", "pplns", "pplnt", "solo", "pps", "score")

shares_of_a_log = st.lists(
    st.builds(
        LogShare,
        address=st.sampled_from("abcd"),
        work=st.integers(1, 2**70),
        time_ms=st.integers(START_MS - 10**8, START_MS),
    ),
    min_size=1,
    max_size=40,
).map(lambda shares: sorted(shares, key=lambda share: share.time_ms))


# ---- worked examples ----


def test_prop_pays_each_share_of_the_round_the_same() -> None:
    """2.1: of N shares in the round, a miner with n gets (n/N)(1-f)B, whenever they came."""
    shares = [log_share("a"), log_share("b", 3, at_seconds=5000), log_share("a", at_seconds=5001)]
    weights = weigh(Prop(), shares)
    parts = split(B, 20_000, weights)
    assert parts.credits == {"a": B * 98 // 100 * 2 // 5, "b": B * 98 // 100 * 3 // 5}


def test_pps_pays_bob_for_a_day() -> None:
    """1.1: at D = 1690906 and B = 50, 1 GH/s is worth 0.595 a day; 2.2: paid as (1-f)pB for each share."""
    one = share("bob", 1, network_difficulty=1690906, reward_sats=B)
    shares_a_day = 10**9 * 86400 // 2**32
    parts = worth(one, 0)
    assert parts is not None
    assert parts == B * PARTS_PER_SAT // 1690906
    assert round(parts * shares_a_day / PARTS_PER_SAT / 10**8, 3) == 0.595


def test_pps_keeps_the_fee() -> None:
    one = share("bob", 1, network_difficulty=100, reward_sats=B)
    assert worth(one, 30_000) == B * 97 // 100 // 100 * PARTS_PER_SAT


def test_pplns_pays_the_last_n_shares_the_same() -> None:
    """3.3: each of the last N shares gets B/N, whatever round it is of; here D = 10 and N = 2D."""
    shares = [log_share("early", 7), log_share("a", 5), log_share("b", 9), log_share("c", 6)]
    weights = weigh(Pplns(2_000_000), shares, network_difficulty=10)
    assert weights == {"a": 5 * ONE, "b": 9 * ONE, "c": 6 * ONE}
    assert split(B, 0, weights).credits == {name: B * n // 20 for name, n in (("a", 5), ("b", 9), ("c", 6))}


def test_pplns_counts_the_share_on_the_border_in_part() -> None:
    """3.3, with shares of several difficulties: N is exact, so the oldest counts with what is inside."""
    shares = [log_share("out", 100), log_share("border", 8), log_share("b", 9), log_share("c", 6)]
    weights = weigh(Pplns(2_000_000), shares, network_difficulty=10)
    assert weights == {"border": 5 * ONE, "b": 9 * ONE, "c": 6 * ONE}


def test_pplns_of_a_young_pool_pays_what_there_is() -> None:
    assert weigh(Pplns(2_000_000), [log_share("a", 3)], network_difficulty=10) == {"a": 3 * ONE}


def test_pplns_with_a_window_below_one_share_pays_the_finder() -> None:
    shares = [log_share("a", 50), log_share("b", 50)]
    assert weigh(Pplns(500_000), shares, network_difficulty=1) == {"b": ONE // 2}


def test_pplns_cannot_be_sized_without_the_networks_difficulty() -> None:
    assert Pplns(2_000_000).window(candidate_of(log_share("a"), network_difficulty=0)) is None


def test_score_weighs_a_share_by_its_time() -> None:
    """3.1: a share at time t has the score exp(t/C); the rewards are in proportion to the scores."""
    shares = [log_share("a", at_seconds=t) for t in (0, 300)] + [
        log_share("b", at_seconds=t) for t in (600, 900)
    ]
    weights = weigh(Score(300), shares)
    scores = {"a": math.exp(0) + math.exp(1), "b": math.exp(2) + math.exp(3)}
    for name, score in scores.items():
        assert weights[name] / sum(weights.values()) == pytest.approx(score / sum(scores.values()), rel=1e-9)


def test_pplnt_pays_all_shares_of_its_time_the_same() -> None:
    shares = [
        log_share("old", at_seconds=0),
        log_share("a", 2, at_seconds=1),
        log_share("b", 3, at_seconds=3601),
    ]
    assert weigh(Pplnt(3600), shares) == {"a": 2 * ONE, "b": 3 * ONE}


def test_solo_pays_the_finder() -> None:
    shares = [log_share("a", 1000), log_share("b", 2)]
    assert weigh(Solo(), shares) == {"b": 2 * ONE}


def test_nobody_has_a_part_in_a_block_of_pps() -> None:
    assert weigh(Pps(), [log_share("a")]) == {}


# ---- for any shares ----


@given(shares_of_a_log, st.floats(1e-6, 1e9), st.integers(1, 10**8))
def test_pplns_sums_up_to_its_window_or_to_all_there_is(
    shares: list[LogShare], network_difficulty: float, window_ppm: int
) -> None:
    weights = weigh(Pplns(window_ppm), shares, network_difficulty=network_difficulty)
    window = max(1, max(1, round(network_difficulty * ONE)) * window_ppm // 10**6)
    assert sum(weights.values()) == min(window, sum(share.work for share in shares))


@given(shares_of_a_log)
def test_pplns_of_an_endless_window_is_prop(shares: list[LogShare]) -> None:
    assert weigh(Pplns(2_000_000), shares, network_difficulty=2.0**60) == weigh(Prop(), shares)


@given(shares_of_a_log, st.integers(1, 200_000))
def test_pplnt_is_a_filter_of_time(shares: list[LogShare], seconds: int) -> None:
    inside = [share for share in shares if share.time_ms >= shares[-1].time_ms - seconds * 1000]
    assert weigh(Pplnt(seconds), shares) == weigh(Prop(), inside)


@given(shares_of_a_log, st.integers(1, 100_000))
def test_a_score_is_at_most_the_work_and_the_finders_is_whole(shares: list[LogShare], constant: int) -> None:
    weights, work = weigh(Score(constant), shares), weigh(Prop(), shares)
    assert all(0 < weight <= work[address] for address, weight in weights.items())
    assert weights[shares[-1].address] >= shares[-1].work


@given(st.integers(0, 10**9), st.integers(0, 10**7), st.integers(1, 10**6))
def test_the_later_a_share_the_heavier(age_ms: int, later_ms: int, constant_ms: int) -> None:
    assert factor(age_ms, constant_ms) >= factor(age_ms + later_ms, constant_ms)


@given(st.integers(0, 10**7), st.integers(1, 10**6))
def test_the_factor_is_the_exponential(age_ms: int, constant_ms: int) -> None:
    expected = math.exp(-age_ms / constant_ms)
    assert factor(age_ms, constant_ms) / 2**FACTOR_BITS == pytest.approx(
        expected, rel=1e-9, abs=2**-FACTOR_BITS
    )


def test_the_factor_has_no_step_at_the_horizon_and_none_at_the_end() -> None:
    assert factor(HORIZON * 1000 - 1, 1000) == factor(HORIZON * 1000, 1000) == 0
    assert factor(0, 1000) == factor(-5, 1000) == 2**FACTOR_BITS


@pytest.mark.parametrize("scheme", [Pplnt(60), Score(1)])
def test_a_window_of_time_looks_past_shares_that_arrived_late(scheme: AnyScheme) -> None:
    late = [
        log_share("in", at_seconds=100), log_share("out", at_seconds=-CLOCK_SLACK_MS / 1000 + 60),
        log_share("finder", at_seconds=100),
    ]  # fmt: skip
    assert weigh(scheme, late).keys() == {"in", "finder"}


@given(shares_of_a_log, st.sampled_from(NAMES), st.integers(0, B))
def test_parts_sum_up_to_the_whole(shares: list[LogShare], name: str, reward_sats: int) -> None:
    weights = weigh(scheme_named(name, SchemeConfig()), shares)
    if weights:
        parts = split(reward_sats, 10_000, weights)
        assert parts.fee_sats + sum(parts.credits.values()) == reward_sats


@given(st.floats(1e-6, 1e12), st.floats(1e-6, 1e12), st.integers(1, 10**11), st.integers(0, 10**6))
def test_a_share_is_worth_its_part_rounded_down_and_never_more_than_a_block(
    difficulty: float, network_difficulty: float, reward_sats: int, fee_ppm: int
) -> None:
    one = share("a", difficulty, network_difficulty=network_difficulty, reward_sats=reward_sats)
    parts = worth(one, fee_ppm)
    assert parts is not None
    work, network_work = (max(1, round(d * ONE)) for d in (difficulty, network_difficulty))
    exact = min(Fraction(1), Fraction(work, network_work)) * reward_sats * Fraction(10**6 - fee_ppm, 10**6)
    assert 0 <= exact - Fraction(parts, PARTS_PER_SAT) < Fraction(1, PARTS_PER_SAT)


def test_a_share_of_an_old_stratum_has_no_value() -> None:
    assert worth(share("a", 1, reward_sats=B), 0) is None
    assert worth(share("a", 1, network_difficulty=5), 0) is None


# ---- as text ----


@pytest.mark.parametrize("name", NAMES)
def test_a_scheme_survives_the_ledger(name: str) -> None:
    scheme = scheme_named(name, SchemeConfig(name=name, window_ppm=1, window_seconds=2, score_seconds=3))
    assert decode(encode(scheme)) == scheme
    assert msgspec.json.decode(encode(scheme))["type"] == name
