"""Whom the chain wants paid by a coinbase: masternodes, superblocks, founders, funds.

A payee is `dash`, `olddash`, `ecash`, or the name of a template field such as `founder`. The scripts are made
up, those of masternodes anew for each height, so that what an older template demanded does not pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from nompcore.address import p2pkh_script, p2sh_script
from nompcore.hashing import sha256
from simcoind.parameters import ChainParameters
from simcoind.reject import Reject
from simcoind.transaction import Transaction, TxOutput

DASH, OLD_DASH, ECASH = "dash", "olddash", "ecash"
MASTERNODE, SUPERBLOCK, OLD_PAYEE = "masternode", "superblock", "payee"
MINER_FUND, STAKING_REWARDS = "minerfund", "stakingrewards"

_PERCENT = {MASTERNODE: 25, SUPERBLOCK: 5, OLD_PAYEE: 20, MINER_FUND: 8, STAKING_REWARDS: 10}
_FIELD_PERCENT = 5
"""Of the subsidy, for each row; the second is for fields without a dialect."""
_SUPERBLOCK_ROWS = 2

_CHANGING = (MASTERNODE, SUPERBLOCK, OLD_PAYEE, STAKING_REWARDS)
"""Fields whose scripts are others at each height. The rest stays, and is paid to the hash of a script."""


@dataclass(frozen=True, slots=True)
class Demand:
    """An output that a coinbase must have; under `is_minimum` it may be worth more."""

    field: str
    output: TxOutput
    is_minimum: bool = False


def demands_at(parameters: ChainParameters, height: int) -> list[Demand]:
    """What the coinbase at a height must pay. Nothing when the subsidy has run out."""
    is_superblock = height % parameters.superblock_interval == 0
    fields = [field for payee in parameters.payees for field in _fields(payee, is_superblock=is_superblock)]
    subsidy = parameters.subsidy_at(height)
    demands = [_demand(field, fields[:at].count(field), subsidy, height) for at, field in enumerate(fields)]
    return [demand for demand in demands if demand.output.value_sats]


def total_percent(payees: Sequence[str]) -> int:
    """The most of the subsidy that a coinbase has to give away, in percent."""
    fields = [field for payee in payees for field in _fields(payee, is_superblock=True)]
    return sum(_PERCENT.get(field, _FIELD_PERCENT) for field in fields)


def _fields(payee: str, *, is_superblock: bool) -> Sequence[str]:
    """The template's fields, one for each row."""
    if payee == DASH:
        return (MASTERNODE, *([SUPERBLOCK] * _SUPERBLOCK_ROWS if is_superblock else []))
    if payee == OLD_DASH:
        return (OLD_PAYEE,)
    return (MINER_FUND, STAKING_REWARDS) if payee == ECASH else (payee,)


def _demand(field: str, row: int, subsidy: int, height: int) -> Demand:
    is_changing = field in _CHANGING
    program = sha256(f"{field} {row} {height if is_changing else ''}".encode())[:20]
    script = p2pkh_script(program) if is_changing else p2sh_script(program)
    value = subsidy * _PERCENT.get(field, _FIELD_PERCENT) // 100
    return Demand(field, TxOutput(value, script), is_minimum=field in (MINER_FUND, STAKING_REWARDS))


def check_payees(coinbase: Transaction, demands: Sequence[Demand]) -> Reject | None:
    """Whether each demand has an output of its own."""
    left = Counter(coinbase.outputs)
    for demand in sorted(demands, key=lambda one: one.is_minimum):  # exact ones first: they have no choice
        paid = next((output for output in left.elements() if _meets(output, demand)), None)
        if paid is None:
            return Reject("bad-cb-payee", f"the demand of {demand.field} is not met")
        left[paid] -= 1
    return None


def _meets(output: TxOutput, demand: Demand) -> bool:
    wanted = demand.output
    is_enough = output.value_sats >= wanted.value_sats if demand.is_minimum else output == wanted
    return output.script == wanted.script and is_enough
