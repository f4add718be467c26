"""A regtest chain ready for the pool: daemons that answer, the pool's wallet and its address."""

from __future__ import annotations

import asyncio
import secrets

from nompcore.address import encode_segwit
from nompcore.coin import Coin
from nompcore.daemon import Daemon
from nompcore.errors import DaemonRefused, DaemonUnreachable, DaemonWarmingUp

ANSWER_SECONDS = 90.0  # litecoind verifies its last blocks at start
_ALREADY_LOADED_CODES = (-35, -4)  # newer and older daemons: "wallet is already loaded"


def litecoin_conf(*, rpc_port: int, p2p_port: int, password: str, peer: str, extra: str = "") -> str:
    """litecoin.conf of one regtest node; `peer` is host:port of the other one.

    A template is only served to a node with a peer (-9) and a recent tip (-10): hence two nodes, and a tip
    may be as old as it likes. `fallbackfee` because an empty chain gives no fee estimate. MWEB stays off: it
    activates at height 432 and needs a peg-in by hand there. `keypool` because a wallet otherwise begins with
    1000 keys of each kind, which takes seconds.
    """
    return (
        f"regtest=1\nserver=1\nfallbackfee=0.0001\nmaxtipage=2000000000\nvbparams=mweb:-2:0\n"
        f"keypool=25\n[regtest]\nrpcport={rpc_port}\nport={p2p_port}\nrpcuser=nomp\nrpcpassword={password}\n"
        f"addnode={peer}\n{extra}"
    )


async def wait_for(daemon: Daemon) -> None:
    """Wait until the daemon answers; DaemonUnreachable after ANSWER_SECONDS."""
    deadline = asyncio.get_running_loop().time() + ANSWER_SECONDS
    while True:
        try:
            await daemon.call("getblockchaininfo")
            return
        except (DaemonUnreachable, DaemonWarmingUp):
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.2)


async def wallet_address(daemon: Daemon, wallet: str, remembered: str) -> str:
    """The `remembered` address where it belongs to this daemon's `wallet`, else a new one of it."""
    await wait_for(daemon)
    await _open_wallet(daemon, wallet)
    if remembered and (await daemon.call("getaddressinfo", remembered)).get("ismine"):
        return remembered
    return str(await daemon.call("getnewaddress", wallet, "bech32"))


async def _open_wallet(daemon: Daemon, wallet: str) -> None:
    if wallet in await daemon.call("listwallets"):
        return
    try:
        await daemon.call("loadwallet", wallet)
    except DaemonRefused as refused:
        if refused.code in _ALREADY_LOADED_CODES and wallet in await daemon.call("listwallets"):
            return
        # name, private keys, not blank, no passphrase, no avoid-reuse, no descriptors, load at every start
        await daemon.call("createwallet", wallet, False, False, "", False, False, True)


def outside_address(coin: Coin, network: str) -> str:
    """An address of nobody, for a miner on the simulated chain, which has no second wallet."""
    prefix = coin.networks[network].bech32_hrp
    assert prefix is not None, "the simulated chain is a segwit coin"
    return encode_segwit(prefix, 0, secrets.token_bytes(20))
