"""A simulated node in memory: every second hash is a block, coinbases mature after two blocks."""

from __future__ import annotations

from dataclasses import replace

from nompcore.address import NetworkParams
from nompcore.hashing import pow_hash
from simcoind.block import Block
from simcoind.block_assembly import build_block, search_nonce, select
from simcoind.block_tree import BlockEntry
from simcoind.node import Node
from simcoind.parameters import ChainParameters
from simcoind.script import address_of
from simcoind.signature import signed_input
from simcoind.transaction import OutPoint, Transaction, TxInput, TxOutput
from simcoind.wallet import Wallet, WalletCoin

NETWORK = NetworkParams((111,), (196,), "rsim")
PARAMETERS = ChainParameters(
    coin_name="Simcoin",
    chain_name="regtest",
    network=NETWORK,
    pow_hash=pow_hash("sha256"),
    gbt_rules=("segwit",),
    maturity=2,
)
NOW = 1_700_000_000
FOREIGN = b"\x00\x14" + bytes(range(20))
"""A script that no wallet owns."""
FEE_SATS = 10_000
MAX_TRIES = 4_096
"""No block in so many hashes at regtest's difficulty: once in 2^4096."""


def new_node(parameters: ChainParameters = PARAMETERS) -> Node:
    """A node with a wallet and nothing but the genesis block."""
    node = Node(parameters, lambda: NOW)
    node.create_wallet("", seed=bytes(32))
    return node


def wallet_of(node: Node) -> Wallet:
    """Its wallet."""
    return node.wallets[""]


def own_script(node: Node) -> bytes:
    """A new script of the wallet."""
    wallet = wallet_of(node)
    return node.derive(wallet, wallet.keys.default_type).script


def solve(block: Block, parameters: ChainParameters = PARAMETERS) -> Block:
    """The block with its merkle root and a nonce that meets its target."""
    rooted = replace(block, header=replace(block.header, merkle_root_le=block.merkle_root_le))
    solved = search_nonce(rooted, parameters, range(MAX_TRIES))
    assert solved, "no nonce"
    return solved


def next_block(node: Node, script: bytes = FOREIGN, *, parent: BlockEntry | None = None) -> Block:
    """A valid block with everything that waits, or an empty one beside the chain."""
    at = parent or node.chain.tip
    position = node.chain.position_after(at, node.clock())
    entries = [] if parent else select(node.mempool.entries.values())
    extranonce = len(node.chain.tree)
    pays = node.reward_script(script)
    block = build_block(node.parameters, position, at.hash_le, entries, pays, extranonce)
    return solve(block, node.parameters)


def mine(node: Node, blocks: int = 1, script: bytes = FOREIGN) -> BlockEntry:
    """Extend the chain; the new tip."""
    for _ in range(blocks):
        assert node.submit(next_block(node, script)) is None
    return node.chain.tip


def fund(node: Node, coins: int = 3) -> list[WalletCoin]:
    """Mine that many coinbases to the wallet and let them mature."""
    script = own_script(node)
    mine(node, coins, script)
    mine(node, node.parameters.maturity)
    return wallet_of(node).spendable()


def spend(coin: WalletCoin, script: bytes = FOREIGN, fee_sats: int = FEE_SATS) -> Transaction:
    """A signed transaction that moves a whole coin."""
    return sign_all(
        Transaction(2, (TxInput(coin.outpoint),), (TxOutput(coin.output.value_sats - fee_sats, script),)),
        {coin.outpoint: coin.output},
    )


def sign_all(transaction: Transaction, spent: dict[OutPoint, TxOutput]) -> Transaction:
    """The transaction with a signature for each input."""
    inputs = tuple(
        signed_input(transaction, index, spent[tx_input.previous].script)
        for index, tx_input in enumerate(transaction.inputs)
    )
    return replace(transaction, inputs=inputs)


def address(script: bytes) -> str:
    """The address of a script."""
    text = address_of(script, NETWORK)
    assert text is not None
    return text
