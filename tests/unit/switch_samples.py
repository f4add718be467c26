"""Switches over two scrypt coins and one of sha256."""

from __future__ import annotations

from nompcore.config import PoolConfig, SwitchConfig
from services.notifier.switch_rules import SwitchTable
from tests.unit.api_samples import daemon_config
from tests.unit.chain_samples import coin


def pool(name: str, coin_file: str) -> PoolConfig:
    """A pool that is only chosen, never mined."""
    return PoolConfig(
        name=name,
        coin=coin(coin_file),
        network="main",
        address=f"address-of-{name}",
        ports={},
        daemons=(daemon_config(),),
    )


def switch(name: str, algorithm: str, *pools: str) -> SwitchConfig:
    """A switch without ports: nobody mines there."""
    return SwitchConfig(name=name, algorithm=algorithm, ports={}, pools=pools)


def switch_table() -> SwitchTable:
    """`eu` and `us` switch between litecoin and dogecoin, `big` has bitcoin alone."""
    pools = {
        "bitcoin": pool("bitcoin", "bitcoin.json"),
        "doge-main": pool("doge-main", "dogecoin.json"),
        "litecoin": pool("litecoin", "litecoin.json"),
    }
    switches = {
        "big": switch("big", "sha256", "bitcoin"),
        "eu": switch("eu", "scrypt", "doge-main", "litecoin"),
        "us": switch("us", "scrypt", "litecoin", "doge-main"),
    }
    return SwitchTable(switches, pools)
