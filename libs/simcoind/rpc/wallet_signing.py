"""Signing with a wallet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nompcore.encoding import display
from simcoind.rpc.call import Call
from simcoind.rpc.raw_transactions import decode
from simcoind.signature import is_signed, signed_input
from simcoind.transaction import Transaction, TxInput


def signrawtransactionwithwallet(call: Call) -> object:
    """signrawtransactionwithwallet hexstring"""
    return _signed(call)


def signrawtransaction(call: Call) -> object:
    """signrawtransaction hexstring"""
    return _signed(call)


def _signed(call: Call) -> object:
    signed, errors = sign(call, decode(call, call.params.text(0)))
    answer: dict[str, Any] = {"hex": signed.serialize().hex(), "complete": not errors}
    return answer | {"errors": errors} if errors else answer


def sign(call: Call, transaction: Transaction) -> tuple[Transaction, list[dict[str, Any]]]:
    """The transaction with the wallet's signatures, and why the others are missing."""
    inputs: list[TxInput] = []
    errors: list[dict[str, Any]] = []
    for index, tx_input in enumerate(transaction.inputs):
        utxo = call.node.mempool.output(tx_input.previous)
        script = utxo.output.script if utxo else b""
        is_own = call.wallet.keys.owned(script) is not None
        inputs.append(signed_input(transaction, index, script) if is_own else tx_input)
        if utxo is None:
            errors.append(_input_error(tx_input, "Input not found or already spent"))
        elif not is_own and not is_signed(transaction, index, script):
            text = "Unable to sign input, invalid stack size (possibly missing key)"
            errors.append(_input_error(tx_input, text))
    return replace(transaction, inputs=tuple(inputs)), errors


def _input_error(tx_input: TxInput, text: str) -> dict[str, Any]:
    return {
        "txid": display(tx_input.previous.txid_le),
        "vout": tx_input.previous.vout,
        "witness": [item.hex() for item in tx_input.witness],
        "scriptSig": tx_input.script_sig.hex(),
        "sequence": tx_input.sequence,
        "error": text,
    }
