"""Calls about a wallet's coins: which there are, and which are set aside."""

from __future__ import annotations

from typing import Any

from nompcore.encoding import display
from simcoind.rpc.amounts import coins
from simcoind.rpc.call import Call
from simcoind.rpc.error import INVALID_PARAMETER, RpcError
from simcoind.rpc.params import outpoint_of
from simcoind.script import address_of
from simcoind.transaction import OutPoint
from simcoind.wallet import WalletCoin

MAX_CONFIRMATIONS = 9_999_999


def listunspent(call: Call) -> object:
    """listunspent ( minconf maxconf [address,...] )"""
    minconf, maxconf = call.params.integer(0, 1), call.params.integer(1, MAX_CONFIRMATIONS)
    wanted = {call.script_for(str(address)) for address in call.params.array(2, [])}
    wallet = call.wallet
    return [
        _unspent_json(call, coin)
        for coin in wallet.coins()
        if minconf <= coin.confirmations <= maxconf
        and coin.is_mature
        and coin.outpoint not in wallet.locked
        and (not wanted or coin.output.script in wanted)
    ]


def _unspent_json(call: Call, coin: WalletCoin) -> dict[str, Any]:
    script = coin.output.script
    owned = call.wallet.keys.owned(script)
    return {
        "txid": display(coin.outpoint.txid_le),
        "vout": coin.outpoint.vout,
        "address": address_of(script, call.node.parameters.network),
        "label": owned.label if owned else "",
        "scriptPubKey": script.hex(),
        "amount": coins(coin.output.value_sats),
        "confirmations": coin.confirmations,
        "spendable": True,
        "solvable": True,
        "safe": call.wallet.is_trusted(coin),
    }


def lockunspent(call: Call) -> object:
    """lockunspent unlock ( [{txid:hex,vout:n},...] )"""
    unlock, locked = call.params.boolean(0), call.wallet.locked
    if call.params.value(1) is None:
        if unlock:
            locked.clear()
        return True
    outpoints = [OutPoint(*outpoint_of(row)) for row in call.params.array(1)]
    for outpoint in outpoints:
        _check_lock(call, outpoint, unlock=unlock)
    for outpoint in outpoints:
        if unlock:
            locked.pop(outpoint, None)
        else:
            locked[outpoint] = None
    return True


def _check_lock(call: Call, outpoint: OutPoint, *, unlock: bool) -> None:
    wallet = call.wallet
    record = wallet.transactions.get(outpoint.txid_le)
    if record is None:
        raise RpcError(INVALID_PARAMETER, "Invalid parameter, unknown transaction")
    if outpoint.vout >= len(record.transaction.outputs):
        raise RpcError(INVALID_PARAMETER, "Invalid parameter, vout index out of bounds")
    if call.node.mempool.unspent(outpoint) is None:
        raise RpcError(INVALID_PARAMETER, "Invalid parameter, expected unspent output")
    if unlock and outpoint not in wallet.locked:
        raise RpcError(INVALID_PARAMETER, "Invalid parameter, expected locked output")
    if not unlock and outpoint in wallet.locked:
        raise RpcError(INVALID_PARAMETER, "Invalid parameter, output already locked")


def listlockunspent(call: Call) -> object:
    """listlockunspent"""
    return [{"txid": display(outpoint.txid_le), "vout": outpoint.vout} for outpoint in call.wallet.locked]
