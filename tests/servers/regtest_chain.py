"""A litecoin regtest chain past the activation of MWEB.

BIP 9 starts it at block 144, locks it in at 288 and activates it at 432. At tip 431 the daemon can make no
template until a peg-in waits in its memory pool: without one the block's HogEx would have no input.
"""

from __future__ import annotations

from tests.servers.litecoind import WALLET, Litecoind

ACTIVATION_HEIGHT = 432


async def activate_mweb(node: Litecoind) -> str:
    """Mine past the activation with a wallet of the node; returns an address of that wallet."""
    address = await node.create_wallet()
    await node.generate(ACTIVATION_HEIGHT - 1, address)
    await peg_in(node)
    await node.generate(2, address)
    return address


async def peg_in(node: Litecoind) -> str:
    """Send a coin of the node's wallet into MWEB; returns the transaction's id."""
    async with node.daemon(WALLET) as wallet:
        mweb_address = await wallet.call("getnewaddress", "", "mweb")
        txid: str = await wallet.call("sendtoaddress", mweb_address, 1)
        return txid


async def pay_with_witness(node: Litecoind) -> str:
    """Pay from the node's wallet to a segwit address of it, spending segwit outputs; returns the id."""
    async with node.daemon(WALLET) as wallet:
        address = await wallet.call("getnewaddress", "", "bech32")
        txid: str = await wallet.call("sendtoaddress", address, 1)
        return txid
