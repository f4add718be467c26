"""All calls by name."""

from __future__ import annotations

from simcoind.parameters import ChainParameters
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
    network.getinfo,
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
    wallet_signing.signrawtransaction,
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


_OLD = {"getinfo", "signrawtransaction"}
"""What the reference node knew before 2019, and daemons of coins with proof of stake do still."""

_NEW = {
    "getaddressinfo",
    "getbalances",
    "getblockchaininfo",
    "getblockheader",
    "getnetworkinfo",
    "signrawtransactionwithwallet",
    "submitblock",
}
"""What daemons did not know before 2014, or have in place of an old call."""


def is_known(name: str, parameters: ChainParameters) -> bool:
    """Whether a daemon of this kind has the call."""
    if name in _OLD:
        return parameters.is_old or parameters.has_stake
    return name in HANDLERS and not (name in _NEW and parameters.is_old)


def help_text(call: Call) -> object:
    """help ( command )"""
    name, parameters = call.params.text(0, ""), call.node.parameters
    if not name:
        return "\n".join(sorted(usage(name) for name in HANDLERS if is_known(name, parameters)))
    if not is_known(name, parameters):
        return f"help: unknown command: {name}"
    return usage(name)


def usage(name: str) -> str:
    """How a call is written."""
    return " ".join((HANDLERS[name].__doc__ or name).split())


def handler(name: str, parameters: ChainParameters) -> Handler:
    """Who answers a call of such a daemon. Raises RpcError -32601."""
    if not is_known(name, parameters):
        raise RpcError(METHOD_NOT_FOUND, "Method not found")
    return HANDLERS[name]


HANDLERS: dict[str, Handler] = {one.__name__: one for one in _HANDLERS} | {"help": help_text}
