"""What orders to switch mean, and what is answered to those that mean nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.switching import SwitchOrder, SwitchState
from services.notifier.switch_rules import standing
from tests.unit.switch_samples import switch, switch_table

TABLE = switch_table()


def state(pool: str) -> SwitchState:
    return SwitchState(switch="eu", algorithm="scrypt", pool=pool, since_ms=7, author="ann", reason="because")


@pytest.mark.parametrize("coin", ["doge-main", "dogecoin", "DOGE", "Dogecoin"])
def test_a_coin_alone_means_every_switch_of_its_algorithm(coin: str) -> None:
    assert TABLE.targets(SwitchOrder(coin=coin)) == {"eu": "doge-main", "us": "doge-main"}


def test_an_order_may_name_one_switch() -> None:
    assert TABLE.targets(SwitchOrder(coin="ltc", switch="eu")) == {"eu": "litecoin"}
    assert TABLE.targets(SwitchOrder(coin="ltc", switch="eu", algorithm="scrypt")) == {"eu": "litecoin"}


def test_an_order_may_name_an_algorithm() -> None:
    assert TABLE.targets(SwitchOrder(coin="btc", algorithm="sha256")) == {"big": "bitcoin"}


@pytest.mark.parametrize(
    ("order", "answer"),
    [
        (SwitchOrder(coin="ltc", switch="asia"), "Switch key not recognized: asia"),
        (SwitchOrder(coin="ltc", algorithm="x11"), "No switching options contain the algorithm x11"),
        (
            SwitchOrder(coin="ltc", switch="eu", algorithm="sha256"),
            "No switching options contain the algorithm sha256",
        ),
        (SwitchOrder(coin="nocoin"), "Switch message to coin that is not recognized: nocoin"),
        (
            SwitchOrder(coin="btc", switch="eu"),
            "Cannot switch a scrypt algo pool to coin Bitcoin with sha256 algo",
        ),
        (
            SwitchOrder(coin="btc", algorithm="scrypt"),
            "Cannot switch a scrypt algo pool to coin Bitcoin with sha256 algo",
        ),
    ],
)
def test_an_order_without_sense_is_answered_in_nomps_words(order: SwitchOrder, answer: str) -> None:
    assert TABLE.targets(order) == answer


def test_a_pool_that_takes_no_part_in_a_switch_is_not_chosen_there() -> None:
    table = switch_table()
    alone = {**table.switches, "us": switch("us", "scrypt", "litecoin")}

    answer = type(table)(alone, table.pools).targets(SwitchOrder(coin="doge"))

    assert answer == "Cannot switch us to pool doge-main: it is not one of its pools"


@given(
    st.text(max_size=9), st.sampled_from(["", "eu", "big", "asia"]), st.sampled_from(["", "scrypt", "x11"])
)
def test_an_order_is_carried_out_wholly_or_answered(coin: str, name: str, algorithm: str) -> None:
    meant = TABLE.targets(SwitchOrder(coin=coin, switch=name, algorithm=algorithm))

    assert isinstance(meant, str) or all(pool in TABLE.switches[name].pools for name, pool in meant.items())


def test_a_switch_stands_as_stored() -> None:
    assert standing(TABLE.switches["eu"], state("litecoin")) == state("litecoin")


def test_a_switch_without_a_state_stands_at_its_default() -> None:
    default = standing(TABLE.switches["eu"], None)

    assert (default.pool, default.since_ms, default.reason) == ("doge-main", 0, "default")


def test_a_switch_whose_pool_is_gone_stands_at_its_default_and_says_so() -> None:
    default = standing(TABLE.switches["eu"], state("feathercoin"))

    assert (default.pool, default.reason) == ("doge-main", "default: feathercoin is not one of its pools")
