"""Is a transaction what was asked for? Pure: reads what decoderawtransaction says of it.

Outputs are compared as scripts, which this pool derives from addresses itself, not as the daemon's text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nompcore.address import NetworkParams, script_for
from nompcore.amounts import sats_from_coins
from nompcore.errors import NompError


class WrongOutputs(NompError):  # noqa: N818 - it says what happened, as those of nompcore.errors do
    """A transaction that pays something other than the intent."""


@dataclass(frozen=True, slots=True)
class Output:
    """An output; `address` is empty for a script without one."""

    script_hex: str
    sats: int
    address: str


@dataclass(frozen=True, slots=True)
class ReadTransaction:
    """The parts of a transaction that matter to a payment."""

    txid: str
    inputs: list[tuple[str, int]]  # txid, index
    outputs: list[Output]
    weight: int  # 0 where the daemon tells no size


def read_transaction(decoded: Mapping[str, Any], decimals: int) -> ReadTransaction:
    """The answer of decoderawtransaction, typed."""
    return ReadTransaction(
        txid=decoded["txid"],
        inputs=[(spent["txid"], spent["vout"]) for spent in decoded["vin"]],
        outputs=[_output(output, decimals) for output in decoded["vout"]],
        weight=int(decoded.get("weight", 4 * decoded.get("size", 0))),
    )


def intended_outputs(payees: Mapping[str, int], network: NetworkParams) -> list[Output]:
    """What a payment to these addresses (→ sats) looks like: one output for each script.

    Two addresses may stand for the same script, in old and new spelling; AddressError for no address at all.
    """
    outputs: dict[str, Output] = {}
    for address, sats in payees.items():
        script_hex = script_for(address, network).hex()
        before = outputs.get(script_hex)
        outputs[script_hex] = Output(script_hex, sats + (before.sats if before else 0), address)
    return list(outputs.values())


def check_outputs(transaction: ReadTransaction, intended: Sequence[Output]) -> str | None:
    """The address of the change, None without change; WrongOutputs unless all else is exactly as intended.

    Who the change's address belongs to is for the caller to find out.
    """
    missing = Counter((output.script_hex, output.sats) for output in intended)
    surplus: list[Output] = []
    for output in transaction.outputs:
        key = (output.script_hex, output.sats)
        if missing[key]:
            missing[key] -= 1
        else:
            surplus.append(output)
    if missing.total():
        raise WrongOutputs(f"the transaction lacks {missing.total()} of the intended outputs")
    if len(surplus) > 1:
        raise WrongOutputs(f"the transaction has {len(surplus)} outputs that nobody asked for")
    return surplus[0].address if surplus else None


def _output(decoded: Mapping[str, Any], decimals: int) -> Output:
    script = decoded["scriptPubKey"]
    address = script.get("address") or next(iter(script.get("addresses", [])), "")
    return Output(script["hex"], sats_from_coins(decoded["value"], decimals), address)
