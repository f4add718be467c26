"""Transactions and scripts as the RPC shows them."""

from __future__ import annotations

from typing import Any

from nompcore.address import NetworkParams
from nompcore.encoding import display
from simcoind.rpc.amounts import coins
from simcoind.script import address_of, script_kind
from simcoind.transaction import Transaction, TxInput, TxOutput


def transaction_json(transaction: Transaction, network: NetworkParams) -> dict[str, Any]:
    """A decoded transaction."""
    return {
        "txid": display(transaction.txid_le),
        "hash": display(transaction.wtxid_le),
        "version": transaction.version,
        **({"time": transaction.time} if transaction.form.has_time else {}),
        "size": transaction.size,
        "vsize": transaction.vsize,
        "weight": transaction.weight,
        "locktime": transaction.locktime,
        "vin": [
            _input_json(tx_input, is_coinbase=transaction.is_coinbase) for tx_input in transaction.inputs
        ],
        "vout": [_output_json(index, output, network) for index, output in enumerate(transaction.outputs)],
    }


def _input_json(tx_input: TxInput, *, is_coinbase: bool) -> dict[str, Any]:
    if is_coinbase:
        row: dict[str, Any] = {"coinbase": tx_input.script_sig.hex()}
    else:
        row = {
            "txid": display(tx_input.previous.txid_le),
            "vout": tx_input.previous.vout,
            "scriptSig": {"hex": tx_input.script_sig.hex()},
        }
    if tx_input.witness:
        row["txinwitness"] = [item.hex() for item in tx_input.witness]
    return row | {"sequence": tx_input.sequence}


def _output_json(index: int, output: TxOutput, network: NetworkParams) -> dict[str, Any]:
    return {
        "value": coins(output.value_sats),
        "n": index,
        "scriptPubKey": script_json(output.script, network),
    }


def script_json(script: bytes, network: NetworkParams) -> dict[str, Any]:
    """An output script with its type, and its address where it has one."""
    row: dict[str, Any] = {"hex": script.hex(), "type": script_kind(script)}
    address = address_of(script, network)
    return row | {"addresses": [address]} if address else row
