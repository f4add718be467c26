"""The portal's coins, for wallets and desktop programs: pure builders from the coin files."""

from __future__ import annotations

from collections.abc import Mapping

from nompcore import coin as core
from nompcore.address import NetworkParams
from services.api.views.portal_models import Coin, CoinNetwork, Coins, ExplorerUrls


def coins_of(pools: Mapping[str, core.Coin]) -> Coins:
    """Each coin once, in the order of their names; `pools` is pool → its coin."""
    by_name = {coin.name: coin for coin in pools.values()}
    return Coins(
        coins=[
            coin_view(coin, [pool for pool, mined in sorted(pools.items()) if mined.name == name])
            for name, coin in sorted(by_name.items())
        ]
    )


def coin_view(coin: core.Coin, pools: list[str]) -> Coin:
    """One coin."""
    explorer = coin.explorer
    return Coin(
        name=coin.name,
        symbol=coin.symbol.upper(),
        algorithm=coin.algorithm,
        multiplier=coin.multiplier,
        decimals=coin.decimals,
        confirmations=coin.confirmations,
        networks={name: _network(params) for name, params in coin.networks.items()},
        explorer=explorer
        and ExplorerUrls(block=explorer.block, transaction=explorer.tx, address=explorer.address),
        pools=pools,
    )


def _network(params: NetworkParams) -> CoinNetwork:
    return CoinNetwork(
        pubkey_versions=list(params.pubkey_versions),
        script_versions=list(params.script_versions),
        bech32_prefix=params.bech32_hrp,
        cashaddr_prefix=params.cashaddr_prefix,
    )
