"""Outputs that templates demand, in the dialects of the daemons that demand them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.address import NetworkParams, encode_base58check, script_for
from nompcore.coinbase import Output
from nompcore.errors import TemplateError
from nompcore.payees import FIELDS, demanded_outputs

NETWORK = NetworkParams((76,), (16,))
ADDRESS = encode_base58check(76, b"\x01" * 20)
SCRIPT = script_for(ADDRESS, NETWORK)
OTHER = encode_base58check(16, b"\x02" * 20)
OTHER_SCRIPT = script_for(OTHER, NETWORK)


@pytest.mark.parametrize(
    ("answer", "outputs"),
    [
        ({}, []),
        ({"masternode": {"payee": ADDRESS, "script": SCRIPT.hex(), "amount": 5}}, [Output(5, SCRIPT)]),
        ({"masternode": [{"payee": ADDRESS, "amount": 5}]}, [Output(5, SCRIPT)]),
        ({"masternode": {}, "superblock": [], "payee": ""}, []),
        ({"masternode": {"payee": "", "script": "", "amount": 0}}, []),
        (
            {
                "superblock": [{"payee": ADDRESS, "amount": 1}, {"payee": OTHER, "amount": 2}],
                "masternode": [{"payee": OTHER, "amount": 3}],
            },
            [Output(3, OTHER_SCRIPT), Output(1, SCRIPT), Output(2, OTHER_SCRIPT)],
        ),
        ({"payee": ADDRESS, "payee_amount": 7}, [Output(7, SCRIPT)]),
        ({"payee": ADDRESS, "coinbasevalue": 11}, [Output(3, SCRIPT)]),
        ({"founder": {"payee": OTHER, "amount": 4}}, [Output(4, OTHER_SCRIPT)]),
        ({"treasury": {"address": OTHER, "amount": 4}}, [Output(4, OTHER_SCRIPT)]),
        ({"CommunityAutonomousAddress": ADDRESS, "CommunityAutonomousValue": 9}, [Output(9, SCRIPT)]),
        (
            {
                "coinbasetxn": {
                    "minerfund": {"addresses": [ADDRESS, OTHER], "minimumvalue": 8},
                    "stakingrewards": {"payoutscript": {"hex": OTHER_SCRIPT.hex()}, "minimumvalue": 6},
                }
            },
            [Output(8, SCRIPT), Output(6, OTHER_SCRIPT)],
        ),
        ({"coinbasetxn": {"minerfund": {"addresses": [], "minimumvalue": 0}}}, []),
        ({"coinbasetxn": {}}, []),
    ],
)
def test_each_dialect_means_these_outputs(answer: dict[str, Any], outputs: list[Output]) -> None:
    assert demanded_outputs(answer, NETWORK) == tuple(outputs)


def test_a_field_that_only_the_coin_file_names_is_paid_too() -> None:
    answer = {"sharks": [{"payee": ADDRESS, "amount": 5}]}

    assert demanded_outputs(answer, NETWORK, ("sharks",)) == (Output(5, SCRIPT),)
    with pytest.raises(TemplateError, match=r"\['sharks'\].*`payees` of the coin file"):
        demanded_outputs(answer, NETWORK)


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ({"masternode": {"payee": ADDRESS, "amount": "5"}}, "masternode: '5' is not an amount"),
        ({"masternode": {"payee": ADDRESS, "amount": -5}}, "masternode: -5 is not an amount"),
        ({"masternode": {"payee": ADDRESS, "amount": True}}, "masternode: True is not an amount"),
        ({"masternode": {"amount": 5}}, "masternode: neither a script nor an address"),
        ({"masternode": {"script": "5g", "amount": 5}}, "cannot be made"),
        ({"payee": "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "payee_amount": 1}, "another coin or network"),
        ({"votes": ["00"]}, "votes"),
    ],
)
def test_a_demand_that_cannot_be_met_is_told(answer: dict[str, Any], complaint: str) -> None:
    with pytest.raises(TemplateError, match=complaint):
        demanded_outputs(answer, NETWORK)


def test_an_address_needs_a_network_to_read_it_in_and_a_script_does_not() -> None:
    assert demanded_outputs({"payee": "", "founder": {"script": "51", "amount": 1}}, None) == (
        Output(1, b"\x51"),
    )
    with pytest.raises(TemplateError, match="without a network"):
        demanded_outputs({"payee": ADDRESS, "payee_amount": 1}, None)


@given(st.dictionaries(st.sampled_from(FIELDS), st.integers(1, 2**50), max_size=6))
def test_every_demand_is_paid_exactly_once(amounts: dict[str, int]) -> None:
    answer = {name: {"script": name.encode().hex(), "amount": amount} for name, amount in amounts.items()}

    outputs = demanded_outputs(answer, None)

    assert sorted((o.script.decode(), o.value_sats) for o in outputs) == sorted(amounts.items())
