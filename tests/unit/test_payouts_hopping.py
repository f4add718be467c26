"""Which schemes resist pool hopping, in a simulation whose history is always the same.

Rosenfeld (arXiv:1112.4980), section 2.1 and appendix B: of PROP a share is worth more the younger the round,
and who mines only until 43.5 % of D does best; sections 2.2 and 3.3: PPS and PPLNS cannot be hopped.
"""

from __future__ import annotations

import math

import pytest

from tests.bench.pool_hopping import ALWAYS, BEFORE_43_PERCENT, SCHEMES, Earnings, simulate

BLOCKS = 400


@pytest.fixture(scope="module")
def hopped() -> dict[str, Earnings]:
    return simulate(SCHEMES, BEFORE_43_PERCENT, blocks=BLOCKS, seed=1)


def test_hopping_pays_with_prop(hopped: dict[str, Earnings]) -> None:
    """By how much: the mean of exp(x)E1(x) over the shares that a hopper submits."""
    until = BEFORE_43_PERCENT
    e1 = -0.5772156649 - math.log(until) + until - until**2 / 4 + until**3 / 18 - until**4 / 96
    expected = (until * e1 + 1 - math.exp(-until)) / (1 - math.exp(-until))
    assert hopped["prop"].per_share == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("name", ["pplns", "pplnt", "pps"])
def test_hopping_does_not_pay_with_windows_and_pay_per_share(hopped: dict[str, Earnings], name: str) -> None:
    assert hopped[name].per_share == pytest.approx(1, abs=0.1)


def test_a_score_leaves_a_hopper_little(hopped: dict[str, Earnings]) -> None:
    assert abs(hopped["score"].per_share - 1) < (hopped["prop"].per_share - 1) / 3


def test_a_steady_miner_earns_the_same_of_every_scheme_but_for_luck() -> None:
    steady = simulate(("prop", "pplns", "score"), ALWAYS, blocks=100, seed=2)
    for name, earnings in steady.items():
        assert earnings.per_share == pytest.approx(1, abs=0.1), name
