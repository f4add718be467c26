"""All calls by name."""

from __future__ import annotations

from simcoind.rpc import (
    addresses,
    chain,
    control,
    mining,
    network,
    payments,
    raw_transactions,
    unspent,
    wallet_funding,
    wallet_signing,
    wallet_transactions,
    wallets,
)
from simcoind.rpc.call import Call, Handler
from simcoind.rpc.error import METHOD_NOT_FOUND, RpcError

_HANDLERS: tuple[Handler, ...] = (
    addresses.getaddressinfo,
    addresses.getnewaddress,
    addresses.getrawchangeaddress,
    addresses.validateaddress,
    chain.getbestblockhash,
    chain.getblock,
    chain.getblockchaininfo,
    chain.getblockcount,
    chain.getblockhash,
    chain.getblockheader,
    chain.getchaintips,
    chain.getdifficulty,
    chain.invalidateblock,
    chain.reconsiderblock,
    control.sim_addtransaction,
    control.sim_addtransactions,
    control.sim_reorg,
    control.sim_setdifficulty,
    control.sim_setfault,
    control.sim_setnbits,
    control.sim_state,
    mining.generatetoaddress,
    mining.getblocktemplate,
    mining.getmininginfo,
    mining.getnetworkhashps,
    mining.submitblock,
    network.getconnectioncount,
    network.getnetworkinfo,
    network.getpeerinfo,
    network.stop,
    network.uptime,
    payments.sendmany,
    payments.sendtoaddress,
    raw_transactions.createrawtransaction,
    raw_transactions.decoderawtransaction,
    raw_transactions.estimatesmartfee,
    raw_transactions.getmempoolinfo,
    raw_transactions.getrawmempool,
    raw_transactions.getrawtransaction,
    raw_transactions.sendrawtransaction,
    unspent.listlockunspent,
    unspent.listunspent,
    unspent.lockunspent,
    wallet_funding.fundrawtransaction,
    wallet_signing.signrawtransactionwithwallet,
    wallet_transactions.gettransaction,
    wallet_transactions.listsinceblock,
    wallet_transactions.listtransactions,
    wallets.createwallet,
    wallets.getbalance,
    wallets.getbalances,
    wallets.getwalletinfo,
    wallets.listwallets,
    wallets.loadwallet,
)

CONTROL_PREFIX = "sim_"
"""Control calls never meet a fault: they are what switches it off."""


def help_text(call: Call) -> object:
    """help ( command )"""
    name = call.params.text(0, "")
    if not name:
        return "\n".join(sorted(usage(name) for name in HANDLERS))
    if name not in HANDLERS:
        return f"help: unknown command: {name}"
    return usage(name)


def usage(name: str) -> str:
    """How a call is written. Raises RpcError -32601 for an unknown one."""
    return " ".join((handler(name).__doc__ or name).split())


def handler(name: str) -> Handler:
    """Who answers a call. Raises RpcError -32601."""
    if name not in HANDLERS:
        raise RpcError(METHOD_NOT_FOUND, "Method not found")
    return HANDLERS[name]


HANDLERS: dict[str, Handler] = {one.__name__: one for one in _HANDLERS} | {"help": help_text}
