"""Calls about wallets: making them, and what they hold."""

from __future__ import annotations

from collections.abc import Iterable

from simcoind.rpc.amounts import coins
from simcoind.rpc.call import DEFAULT_WALLET, Call
from simcoind.rpc.error import INVALID_PARAMETER, WALLET, WALLET_NOT_FOUND, RpcError
from simcoind.wallet import WalletCoin


def createwallet(call: Call) -> object:
    """createwallet wallet_name"""
    name = call.params.text(0)
    if name in call.node.wallets:
        raise RpcError(WALLET, f"Wallet file verification failed. Database already exists: '{name}'")
    call.node.create_wallet(name)
    return {"name": name, "warning": ""}


def loadwallet(call: Call) -> object:
    """loadwallet wallet_name"""
    name = call.params.text(0)
    if name not in call.node.wallets:
        raise RpcError(WALLET_NOT_FOUND, f"Wallet file verification failed. Path does not exist: '{name}'")
    raise RpcError(WALLET, f"Wallet file verification failed. '{name}' is already loaded.")


def listwallets(call: Call) -> object:
    """listwallets"""
    created = [name for name in call.node.wallets if name != DEFAULT_WALLET]
    return created or [DEFAULT_WALLET]


def getwalletinfo(call: Call) -> object:
    """getwalletinfo"""
    sums = _sums(call.wallet.coins(), call)
    return {
        "walletname": call.wallet.name,
        "balance": coins(sums["trusted"]),
        "unconfirmed_balance": coins(sums["untrusted_pending"]),
        "immature_balance": coins(sums["immature"]),
        "txcount": len(call.wallet.transactions),
        "private_keys_enabled": True,
        "scanning": False,
    }


def getbalances(call: Call) -> object:
    """getbalances"""
    return {"mine": {name: coins(sats) for name, sats in _sums(call.wallet.coins(), call).items()}}


def _sums(rows: Iterable[WalletCoin], call: Call) -> dict[str, int]:
    sums = {"trusted": 0, "untrusted_pending": 0, "immature": 0}
    for coin in rows:
        trusted = "trusted" if call.wallet.is_trusted(coin) else "untrusted_pending"
        sums[trusted if coin.is_mature else "immature"] += coin.output.value_sats
    return sums


def getbalance(call: Call) -> object:
    """getbalance ( dummy minconf )"""
    if call.params.text(0, "*") != "*":
        raise RpcError(INVALID_PARAMETER, 'dummy first argument must be excluded or set to "*".')
    minconf = call.params.integer(1, 0)
    return coins(
        _sums((coin for coin in call.wallet.coins() if coin.confirmations >= minconf), call)["trusted"]
    )
