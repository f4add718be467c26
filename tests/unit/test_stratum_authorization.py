from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.address import NetworkParams
from nompcore.errors import StratumError
from services.stratum.authorization import Authorizer, Worker
from tests.stratum_work import ADDRESS, MAIN_ADDRESS, SEGWIT_ADDRESS, coin

CHECKING = Authorizer(coin().networks["regtest"])
TRUSTING = Authorizer(None)


@pytest.mark.parametrize("address", [ADDRESS, SEGWIT_ADDRESS])
def test_an_address_alone_or_with_a_rig_is_a_worker(address: str) -> None:
    assert CHECKING.worker(address) == Worker(address, address)
    assert CHECKING.worker(f"{address}.rig-1") == Worker(f"{address}.rig-1", address)
    assert CHECKING.worker(f"{address}.a.b") == Worker(f"{address}.a.b", address)
    assert CHECKING.worker(f"{address}.") == Worker(address, address)


def test_bech32_in_upper_case_is_the_same_payee() -> None:
    assert CHECKING.worker(SEGWIT_ADDRESS.upper() + ".R") == Worker(f"{SEGWIT_ADDRESS}.R", SEGWIT_ADDRESS)


@pytest.mark.parametrize("spelling", ["{}", "bitcoincash:{}", "BITCOINCASH:{}"])
def test_a_cashaddr_in_any_spelling_is_the_same_payee(spelling: str) -> None:
    checking = Authorizer(NetworkParams((0,), (5,), cashaddr_prefix="bitcoincash"))
    canonical = "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"
    text = canonical.rpartition(":")[2]
    user = spelling.format(text.upper() if "BIT" in spelling else text)

    assert checking.worker(f"{user}.R") == Worker(f"{canonical}.R", canonical)


@pytest.mark.parametrize(
    ("user", "complaint"),
    [
        ("", "not address or address.rig"),
        (".rig", "not address or address.rig"),
        (f"{ADDRESS} .rig", "not address or address.rig"),
        (f"{ADDRESS}.{'r' * 65}", "not address or address.rig"),
        (f"{ADDRESS}.rig\n", "not address or address.rig"),
        (f"{ADDRESS}\n", "not address or address.rig"),
        (f"{ADDRESS}.<b>", "not address or address.rig"),
        (f"{ADDRESS}.\u00e9", "not address or address.rig"),
        ("x" * 5000, "not address or address.rig"),
        (MAIN_ADDRESS, "another coin or network"),
        (ADDRESS[:-1] + ("1" if ADDRESS[-1] != "1" else "2"), "checksum"),
        ("worker1", "address"),
    ],
)
def test_any_other_name_is_refused_with_the_reason(user: str, complaint: str) -> None:
    with pytest.raises(StratumError, match=complaint) as refused:
        CHECKING.worker(user)
    assert refused.value.number == 24


def test_without_validation_any_plain_name_will_do() -> None:
    assert TRUSTING.worker("miner_7.rig") == Worker("miner_7.rig", "miner_7")
    with pytest.raises(StratumError):
        TRUSTING.worker("miner 7")


@given(st.text(max_size=200))
def test_any_text_is_a_worker_of_bounded_length_or_refused(user: str) -> None:
    for authorizer in (CHECKING, TRUSTING):
        try:
            worker = authorizer.worker(user)
        except StratumError:
            continue
        assert worker.name.isascii()
        assert worker.name.isprintable()
        assert len(worker.name) <= 128 + 1 + 64
