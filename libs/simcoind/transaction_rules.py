"""What makes a transaction valid: by itself, and against the outputs it spends.

Reasons and their order are the reference node's (`consensus/tx_check`, `consensus/tx_verify`). Not judged:
scripts (signatures are symbolic), sequence locks and signature operations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nompcore.amounts import coins_from_sats
from simcoind.money import MAX_MONEY
from simcoind.reject import Reject
from simcoind.signature import is_signed
from simcoind.transaction import OutPoint, Transaction, TxOutput

MAX_BLOCK_WEIGHT = 4_000_000
LOCKTIME_IS_TIME = 500_000_000
"""A locktime from here on is a time, below it a height."""
FINAL_SEQUENCE = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Utxo:
    """An unspent output and where it came from."""

    output: TxOutput
    height: int
    is_coinbase: bool


Lookup = Callable[[OutPoint], Utxo | None]
"""Finds an unspent output, None when there is none."""


def check_transaction(transaction: Transaction) -> Reject | None:
    """The rules that need nothing but the transaction."""
    if not transaction.inputs:
        return Reject("bad-txns-vin-empty")
    if not transaction.outputs:
        return Reject("bad-txns-vout-empty")
    if 4 * len(transaction.serialize_without_witness()) > MAX_BLOCK_WEIGHT:
        return Reject("bad-txns-oversize")
    return _check_amounts(transaction) or _check_previous(transaction)


def _check_amounts(transaction: Transaction) -> Reject | None:
    total = 0
    for output in transaction.outputs:
        if output.value_sats < 0:
            return Reject("bad-txns-vout-negative")
        if output.value_sats > MAX_MONEY:
            return Reject("bad-txns-vout-toolarge")
        total += output.value_sats
        if total > MAX_MONEY:
            return Reject("bad-txns-txouttotal-toolarge")
    return None


def _check_previous(transaction: Transaction) -> Reject | None:
    previous = [tx_input.previous for tx_input in transaction.inputs]
    if len(set(previous)) != len(previous):
        return Reject("bad-txns-inputs-duplicate")
    if transaction.is_coinbase:
        if not 2 <= len(transaction.inputs[0].script_sig) <= 100:
            return Reject("bad-cb-length")
    elif any(outpoint.is_null for outpoint in previous):
        return Reject("bad-txns-prevout-null")
    return None


def is_final(transaction: Transaction, height: int, median_time: int) -> bool:
    """Whether its locktime lets it into a block at `height` (BIP 113: measured by the median time past)."""
    limit = height if transaction.locktime < LOCKTIME_IS_TIME else median_time
    if transaction.locktime < limit or transaction.locktime == 0:
        return True
    return all(tx_input.sequence == FINAL_SEQUENCE for tx_input in transaction.inputs)


@dataclass(frozen=True, slots=True)
class Spend:
    """What spending checked outputs comes to."""

    fee_sats: int
    utxos: tuple[Utxo, ...]


def check_spend(transaction: Transaction, lookup: Lookup, height: int, maturity: int) -> Spend | Reject:
    """The rules against the outputs that a transaction, not a coinbase, spends in a block at `height`."""
    utxos: list[Utxo] = []
    for tx_input in transaction.inputs:
        utxo = lookup(tx_input.previous)
        if utxo is None:
            return Reject("bad-txns-inputs-missingorspent")
        depth = height - utxo.height
        if utxo.is_coinbase and depth < maturity:
            return Reject("bad-txns-premature-spend-of-coinbase", f"tried to spend coinbase at depth {depth}")
        utxos.append(utxo)
    value_in = sum(utxo.output.value_sats for utxo in utxos)
    value_out = sum(output.value_sats for output in transaction.outputs)
    if value_in < value_out:
        detail = f"value in ({coins_from_sats(value_in)}) < value out ({coins_from_sats(value_out)})"
        return Reject("bad-txns-in-belowout", detail)
    for index, utxo in enumerate(utxos):
        if not is_signed(transaction, index, utxo.output.script):
            return Reject(f"mandatory-script-verify-flag-failed (input {index} lacks its symbolic signature)")
    return Spend(value_in - value_out, tuple(utxos))
