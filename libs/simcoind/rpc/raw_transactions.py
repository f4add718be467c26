"""Calls about transactions, whoever owns them, and the mempool."""

from __future__ import annotations

from typing import Any

from nompcore.encoding import display, hex_to_bytes, push_data
from nompcore.errors import EncodingError
from simcoind.policy import MIN_RELAY_FEE_RATE, fee_for
from simcoind.reject import Reject
from simcoind.rpc.amounts import coins, parse_sats
from simcoind.rpc.call import Call
from simcoind.rpc.error import (
    ALREADY_IN_CHAIN,
    DESERIALIZATION,
    INVALID_ADDRESS_OR_KEY,
    INVALID_PARAMETER,
    VERIFY,
    VERIFY_REJECTED,
    RpcError,
)
from simcoind.rpc.params import outpoint_of
from simcoind.rpc.transaction_json import transaction_json
from simcoind.transaction import OutPoint, Transaction, TxInput, TxOutput, parse_transaction
from simcoind.wire import DecodeError

MAX_FEE_RATE_SATS = 10_000_000
"""Sats per 1000 virtual bytes that sendrawtransaction takes for a mistake, unless told otherwise."""

MISSING_INPUTS = "bad-txns-inputs-missingorspent"


def decode(call: Call, transaction_hex: str, complaint: str = "TX decode failed") -> Transaction:
    """A transaction given as hex. Raises RpcError -22."""
    try:
        return parse_transaction(hex_to_bytes(transaction_hex), call.node.parameters.form)
    except (EncodingError, DecodeError) as error:
        raise RpcError(DESERIALIZATION, complaint) from error


def createrawtransaction(call: Call) -> object:
    """createrawtransaction [{txid:hex,vout:n,sequence:n},...] {address:amount,...} ( locktime )"""
    inputs = [_input(row) for row in call.params.array(0)]
    outputs = call.params.value(1)
    rows = outputs.items() if isinstance(outputs, dict) else _pairs(call.params.array(1))
    locktime = call.params.integer(2, 0)
    if not 0 <= locktime <= 0xFFFFFFFF:
        raise RpcError(INVALID_PARAMETER, "Invalid parameter, locktime out of range")
    draft = new_transaction(call, tuple(_outputs(call, rows)), tuple(inputs), locktime)
    return draft.serialize().hex()


def new_transaction(
    call: Call, outputs: tuple[TxOutput, ...], inputs: tuple[TxInput, ...] = (), locktime: int = 0
) -> Transaction:
    """An unsigned transaction in the form of the coin, made now."""
    node = call.node
    return Transaction(2, inputs, outputs, locktime, node.parameters.form, node.clock())


def _input(row: object) -> TxInput:
    outpoint = OutPoint(*outpoint_of(row))
    sequence = row.get("sequence", 0xFFFFFFFF) if isinstance(row, dict) else None
    if isinstance(sequence, bool) or not isinstance(sequence, int) or not 0 <= sequence <= 0xFFFFFFFF:
        raise RpcError(INVALID_PARAMETER, "Invalid parameter, sequence number is out of range")
    return TxInput(outpoint, sequence=sequence)


def _pairs(rows: list[Any]) -> list[tuple[str, Any]]:
    if any(not isinstance(row, dict) or len(row) != 1 for row in rows):
        raise RpcError(INVALID_PARAMETER, "Invalid parameter, key-value pair must contain exactly one key")
    return [pair for row in rows for pair in row.items()]


def _outputs(call: Call, rows: Any) -> list[TxOutput]:
    outputs: list[TxOutput] = []
    seen: set[str] = set()
    for name, value in rows:
        if name in seen:
            raise RpcError(INVALID_PARAMETER, f"Invalid parameter, duplicated address: {name}")
        seen.add(name)
        outputs.append(
            _data_output(value) if name == "data" else TxOutput(parse_sats(value), call.script_for(name))
        )
    return outputs


def _data_output(value: object) -> TxOutput:
    try:
        data = hex_to_bytes(value) if isinstance(value, str) else None
        script = b"\x6a" + push_data(data) if data is not None else None
    except EncodingError as error:
        raise RpcError(INVALID_PARAMETER, "Data must be hexadecimal string") from error
    if script is None:
        raise RpcError(INVALID_PARAMETER, "Data must be hexadecimal string")
    return TxOutput(0, script)


def decoderawtransaction(call: Call) -> object:
    """decoderawtransaction hexstring"""
    return transaction_json(decode(call, call.params.text(0)), call.node.parameters.network)


def sendrawtransaction(call: Call) -> object:
    """sendrawtransaction hexstring ( maxfeerate )"""
    complaint = "TX decode failed. Make sure the tx has at least one input."
    transaction = decode(call, call.params.text(0), complaint)
    if not transaction.inputs:
        raise RpcError(DESERIALIZATION, complaint)
    max_rate = call.params.value(1)
    send(call, transaction, MAX_FEE_RATE_SATS if max_rate is None else parse_sats(max_rate))
    return display(transaction.txid_le)


def send(call: Call, transaction: Transaction, max_fee_rate: int) -> None:
    """Put a transaction into the mempool; one that is there already is fine. 0 as rate means any fee."""
    node = call.node
    if node.chain.utxos.has_output_of(transaction):
        raise RpcError(ALREADY_IN_CHAIN, "Transaction already in block chain")
    if transaction.txid_le in node.mempool.entries:
        return
    fee = node.mempool.check(transaction)
    if not isinstance(fee, Reject) and max_fee_rate > 0 and fee > fee_for(transaction.vsize, max_fee_rate):
        raise RpcError(VERIFY, "Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)")
    reject = node.accept_transaction(transaction)
    if reject:
        code = VERIFY if reject.reason == MISSING_INPUTS else VERIFY_REJECTED
        raise RpcError(code, str(reject))


def getrawtransaction(call: Call) -> object:
    """getrawtransaction txid ( verbose blockhash )"""
    txid_le = call.params.hash_le(0, "txid")
    if call.params.value(2) is not None:
        transactions = call.block(2).block.transactions
        found = next((one for one in transactions if one.txid_le == txid_le), None)
        complaint = "No such transaction found in the provided block"
    else:
        entry = call.node.mempool.entries.get(txid_le)
        found = entry.transaction if entry else None
        complaint = (
            "No such mempool transaction. Use -txindex or provide a block hash to enable blockchain"
            " transaction queries. Use gettransaction for wallet transactions."
        )
    if found is None:
        raise RpcError(INVALID_ADDRESS_OR_KEY, complaint)
    raw = found.serialize().hex()
    if not call.params.boolean(1, False):
        return raw
    return transaction_json(found, call.node.parameters.network) | {"hex": raw}


def getmempoolinfo(call: Call) -> object:
    """getmempoolinfo"""
    entries = call.node.mempool.entries.values()
    return {
        "loaded": True,
        "size": len(entries),
        "bytes": sum(entry.transaction.vsize for entry in entries),
        "mempoolminfee": coins(MIN_RELAY_FEE_RATE),
        "minrelaytxfee": coins(MIN_RELAY_FEE_RATE),
    }


def getrawmempool(call: Call) -> object:
    """getrawmempool ( verbose )"""
    entries = call.node.mempool.entries
    if not call.params.boolean(0, False):
        return [display(txid) for txid in entries]
    return {
        display(txid): {
            "vsize": entry.transaction.vsize,
            "weight": entry.transaction.weight,
            "fee": coins(entry.fee_sats),
            "time": entry.time_seconds,
            "height": entry.height,
            "wtxid": display(entry.transaction.wtxid_le),
        }
        for txid, entry in entries.items()
    }


def estimatesmartfee(call: Call) -> object:
    """estimatesmartfee conf_target"""
    call.params.integer(0)
    return {"errors": ["Insufficient data or no feerate found"], "blocks": 0}
