"""The node: chain, mempool and wallets kept in step, and every change of them written to the journal."""

from __future__ import annotations

import os
from collections.abc import Callable

from simcoind.block import Block
from simcoind.block_rules import with_witness_nonce
from simcoind.block_tree import BlockEntry
from simcoind.chain import Chain, Reorganisation
from simcoind.journal import (
    BlockRecord,
    KeyRecord,
    NbitsRecord,
    Record,
    TransactionRecord,
    VerdictRecord,
    WalletRecord,
)
from simcoind.mempool import Mempool
from simcoind.parameters import ChainParameters
from simcoind.pubkey import NOBODY, pubkey_script
from simcoind.reject import Reject
from simcoind.template_watch import TemplateWatch
from simcoind.transaction import Transaction
from simcoind.wallet import Wallet, WalletTransaction
from simcoind.wallet_keys import AddressType, OwnedScript, WalletKeys


class Node:
    """One simulated coin daemon without its RPC. Not thread-safe: lives in one event loop.

    `clock` gives unix seconds. Without `max_tip_age_seconds` the node never waits for other blocks.
    `journal` gets every record and `on_tip` the display hash of each new tip; both do nothing until they are
    set, so that a journal can be replayed first.
    """

    def __init__(
        self, parameters: ChainParameters, clock: Callable[[], int], max_tip_age_seconds: int | None = None
    ) -> None:
        self.parameters = parameters
        self.clock = clock
        self.chain = Chain(parameters)
        self.mempool = Mempool(self.chain)
        self.wallets: dict[str, Wallet] = {}
        self.watch = TemplateWatch()
        self.journal: Callable[[Record], None] = _ignore
        self.on_tip: Callable[[str], None] = _ignore
        self._max_tip_age = max_tip_age_seconds
        self._was_fresh = False

    def in_initial_download(self) -> bool:
        """Whether the tip was always too old since the node started: it seems to miss the newest blocks."""
        if self._max_tip_age is None:
            return False
        if self.chain.tip.block.header.ntime > self.clock() - self._max_tip_age:
            self._was_fresh = True
        return not self._was_fresh

    def submit(self, block: Block) -> str | None:
        """Judge a block with a coinbase: None for the new tip, else the answer of submitblock (BIP 22)."""
        known = self.chain.tree.get(self.parameters.block_hash_le(block.header.serialize()))
        if known:
            return "duplicate-invalid" if known.reject else "duplicate"
        if self.parameters.has_segwit:
            block = with_witness_nonce(block)
        size = len(self.chain.tree)
        acceptance = self.chain.accept(block, self.clock())
        if len(self.chain.tree) > size:
            self.journal(BlockRecord(block.serialize().hex()))
        self._follow(acceptance.change)
        if acceptance.reject:
            return acceptance.reject.reason
        return None if acceptance.change.connected else "inconclusive"

    def invalidate(self, entry: BlockEntry) -> None:
        """Leave a block, which is not the genesis, and everything after it."""
        self.journal(VerdictRecord(entry.hash_display, is_valid=False))
        self._follow(self.chain.invalidate(entry))

    def reconsider(self, entry: BlockEntry) -> None:
        """Take `invalidate` back."""
        self.journal(VerdictRecord(entry.hash_display, is_valid=True))
        self._follow(self.chain.reconsider(entry))

    def set_nbits(self, nbits: int) -> None:
        """Change the difficulty from the next block on."""
        self.journal(NbitsRecord(nbits))
        self.chain.set_nbits(nbits)
        self.watch.announce()

    def accept_transaction(self, transaction: Transaction) -> Reject | None:
        """Take a transaction into the mempool; the wallets that it touches remember it."""
        now = self.clock()
        reject = self.mempool.add(transaction, now)
        if reject is None:
            for wallet in self.wallets.values():
                if wallet.is_relevant(transaction):
                    self.remember(wallet, WalletTransaction(transaction, now))
        return reject

    def remember(self, wallet: Wallet, record: WalletTransaction) -> None:
        """Keep a transaction in a wallet for good, so that it is sent again after a restart."""
        if record.transaction.txid_le not in wallet.transactions:
            data = record.transaction.serialize().hex()
            comments = record.comment, record.comment_to
            self.journal(TransactionRecord(wallet.name, data, record.time_seconds, *comments))
            wallet.remember(record)

    def create_wallet(self, name: str, seed: bytes | None = None) -> Wallet:
        """A new, empty wallet; `seed` only when it is restored."""
        has_pubkeys = self.parameters.has_stake
        keys = WalletKeys(seed or os.urandom(32), self.parameters.network, has_pubkeys=has_pubkeys)
        self.journal(WalletRecord(name, keys.seed.hex()))
        self.wallets[name] = Wallet(name, keys, self.chain, self.mempool)
        return self.wallets[name]

    def derive(
        self, wallet: Wallet, kind: AddressType, label: str = "", *, is_change: bool = False
    ) -> OwnedScript:
        """The next script of a wallet."""
        owned = wallet.keys.derive(kind, label, is_change=is_change)
        self.journal(KeyRecord(wallet.name, kind.value, label, is_change))
        return owned

    def owned(self, script: bytes) -> OwnedScript | None:
        """The script as the first wallet knows it that owns it, None for a foreign one."""
        found = (wallet.keys.owned(script) for wallet in self.wallets.values())
        return next(filter(None, found), None)

    def reward_script(self, script: bytes) -> bytes:
        """What a block of the node's own pays for `script`: with proof of stake the key behind it.

        Nobody's key where no wallet knows that of `script`.
        """
        if not self.parameters.has_stake:
            return script
        owned = self.owned(script)
        return pubkey_script(owned.pubkey if owned and owned.pubkey else NOBODY)

    def _follow(self, change: Reorganisation) -> None:
        if not change.connected and not change.disconnected:
            return
        for entry in change.connected:
            for transaction in entry.block.transactions:
                for wallet in self.wallets.values():
                    if wallet.is_relevant(transaction):
                        wallet.remember(WalletTransaction(transaction, entry.block.header.ntime))
        self.mempool.follow(change, self.clock())
        self.watch.announce()
        self.on_tip(self.chain.tip.hash_display)


def _ignore(_: object) -> None:
    """What happens to records and tips that nobody asked for."""
