"""The template's fields that demand outputs of the coinbase, each family's in its own dialect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nompcore.address import NetworkParams
from simcoind.parameters import ChainParameters
from simcoind.payees import (
    DASH,
    ECASH,
    MASTERNODE,
    MINER_FUND,
    OLD_DASH,
    OLD_PAYEE,
    STAKING_REWARDS,
    SUPERBLOCK,
    Demand,
)
from simcoind.script import address_of


def payee_fields(parameters: ChainParameters, demands: Sequence[Demand]) -> dict[str, Any]:
    """Everything that a template says about payees."""
    by_field: dict[str, list[Demand]] = {}
    for demand in demands:
        by_field.setdefault(demand.field, []).append(demand)
    fields: dict[str, Any] = {}
    for payee in parameters.payees:
        fields |= _fields(payee, by_field, parameters.network)
    return fields


def _fields(payee: str, demands: dict[str, list[Demand]], network: NetworkParams) -> dict[str, Any]:
    if payee == DASH:
        return _dash(demands, network)
    if payee == OLD_DASH:
        return _old_dash(demands, network)
    if payee == ECASH:
        return {"coinbasetxn": _ecash(demands, network)}
    rows = [_row(demand, network) for demand in demands.get(payee, [])]
    return {payee: rows[0]} if rows else {}


def _dash(demands: dict[str, list[Demand]], network: NetworkParams) -> dict[str, Any]:
    return {
        "masternode": [_row(demand, network) for demand in demands.get(MASTERNODE, [])],
        "masternode_payments_started": True,
        "masternode_payments_enforced": True,
        "superblock": [_row(demand, network) for demand in demands.get(SUPERBLOCK, [])],
        "superblocks_started": True,
        "superblocks_enabled": True,
    }


def _old_dash(demands: dict[str, list[Demand]], network: NetworkParams) -> dict[str, Any]:
    payee = {
        name: value
        for demand in demands.get(OLD_PAYEE, [])
        for name, value in (
            ("payee", address_of(demand.output.script, network)),
            ("payee_amount", demand.output.value_sats),
        )
    }
    return payee | {"masternode_payments": True, "enforce_masternode_payments": True}


def _ecash(demands: dict[str, list[Demand]], network: NetworkParams) -> dict[str, Any]:
    fund: dict[str, Any] = {}
    for demand in demands.get(MINER_FUND, []):
        address = address_of(demand.output.script, network)
        fund["minerfund"] = {"addresses": [address], "minimumvalue": demand.output.value_sats}
    for demand in demands.get(STAKING_REWARDS, []):
        script = {"hex": demand.output.script.hex()}
        fund["stakingrewards"] = {"payoutscript": script, "minimumvalue": demand.output.value_sats}
    return fund


def _row(demand: Demand, network: NetworkParams) -> dict[str, Any]:
    return {
        "payee": address_of(demand.output.script, network),
        "script": demand.output.script.hex(),
        "amount": demand.output.value_sats,
    }
