"""Calls about what happened to a wallet."""

from __future__ import annotations

from simcoind.rpc.call import Call
from simcoind.rpc.error import INVALID_ADDRESS_OR_KEY, INVALID_PARAMETER, RpcError
from simcoind.rpc.wallet_json import WalletView

MAX_CONFIRMATIONS = 9_999_999


def gettransaction(call: Call) -> object:
    """gettransaction txid"""
    record = call.wallet.transactions.get(call.params.hash_le(0, "txid"))
    if record is None:
        raise RpcError(INVALID_ADDRESS_OR_KEY, "Invalid or non-wallet transaction id")
    return _view(call).transaction(record)


def _view(call: Call) -> WalletView:
    return WalletView(call.wallet, call.node.chain, call.node.parameters.network)


def listtransactions(call: Call) -> object:
    """listtransactions ( label count skip )"""
    label, count, skip = call.params.text(0, "*"), call.params.integer(1, 10), call.params.integer(2, 0)
    if count < 0 or skip < 0:
        raise RpcError(INVALID_PARAMETER, "Negative count" if count < 0 else "Negative from")
    rows = [row for record in call.wallet.transactions.values() for row in _view(call).rows(record)]
    rows = [row for row in rows if label in ("*", row.get("label"))]
    end = len(rows) - skip
    return rows[max(0, end - count) : max(0, end)]


def listsinceblock(call: Call) -> object:
    """listsinceblock ( blockhash )"""
    chain = call.node.chain
    depth = chain.tip.height - call.block().height if call.params.value(0) is not None else MAX_CONFIRMATIONS
    recent = [
        record
        for record in call.wallet.transactions.values()
        if call.wallet.confirmations(record.transaction) <= depth
    ]
    rows = [row for record in recent for row in _view(call).rows(record)]
    return {"transactions": rows, "removed": [], "lastblock": chain.tip.hash_display}
