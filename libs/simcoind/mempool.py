"""Transactions that wait for a block, in the order in which they came: parents before children."""

from __future__ import annotations

from dataclasses import dataclass

from simcoind.block_tree import median_time
from simcoind.chain import Chain, Reorganisation
from simcoind.policy import check_policy
from simcoind.reject import Reject
from simcoind.transaction import OutPoint, Transaction
from simcoind.transaction_rules import Utxo, check_spend, check_transaction, is_final

MAX_TRANSACTIONS = 20_000
"""More than a full block of the smallest transactions: enough for tests, and a bound."""


@dataclass(frozen=True, slots=True)
class MempoolEntry:
    """A waiting transaction."""

    transaction: Transaction
    fee_sats: int
    time_seconds: int
    height: int  # of the tip when it came


class Mempool:
    """Valid, unconfirmed transactions that do not conflict with each other."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._spender_of: dict[OutPoint, bytes] = {}
        self.entries: dict[bytes, MempoolEntry] = {}  # by txid
        self.changes = 0  # counts every arrival, so that a long poll can tell
        self.dropped = 0  # counts what a change of the chain made invalid

    def unspent(self, outpoint: OutPoint) -> Utxo | None:
        """An output that a new transaction may spend: in the chain or here, and not yet spent here."""
        if outpoint in self._spender_of:
            return None
        return self.output(outpoint)

    def output(self, outpoint: OutPoint) -> Utxo | None:
        """An output unspent in the chain, or of a waiting transaction, whether or not it is spent here."""
        entry = self.entries.get(outpoint.txid_le)
        if entry and outpoint.vout < len(entry.transaction.outputs):
            return Utxo(
                entry.transaction.outputs[outpoint.vout], self._chain.tip.height + 1, is_coinbase=False
            )
        return self._chain.utxos.get(outpoint)

    def spender(self, outpoint: OutPoint) -> bytes | None:
        """The txid of the waiting transaction that spends an output."""
        return self._spender_of.get(outpoint)

    def check(self, transaction: Transaction) -> Reject | int:
        """The fee in sats of a transaction that could be added now, or why it cannot."""
        reject = self._check_alone(transaction) or self._check_neighbours(transaction)
        if reject:
            return reject
        height, maturity = self._chain.tip.height + 1, self._chain.parameters.maturity
        spend = check_spend(transaction, self.unspent, height, maturity)
        if isinstance(spend, Reject):
            return spend
        return check_policy(transaction, spend.fee_sats) or spend.fee_sats

    def _check_alone(self, transaction: Transaction) -> Reject | None:
        reject = check_transaction(transaction)
        if reject:
            return reject
        if transaction.is_coinbase:
            return Reject("coinbase")
        if transaction.is_hogex:
            return Reject("hogex")
        if transaction.has_witness and not self._chain.parameters.has_segwit:
            return Reject("no-witness-yet")
        if not is_final(transaction, self._chain.tip.height + 1, median_time(self._chain.tip)):
            return Reject("non-final")
        return None

    def _check_neighbours(self, transaction: Transaction) -> Reject | None:
        if transaction.txid_le in self.entries:
            return Reject("txn-already-in-mempool")
        if any(tx_input.previous in self._spender_of for tx_input in transaction.inputs):
            return Reject("txn-mempool-conflict")
        if len(self.entries) >= MAX_TRANSACTIONS:
            return Reject("mempool full")
        return None

    def add(self, transaction: Transaction, now_seconds: int) -> Reject | None:
        """Take a transaction in, or say why not."""
        fee = self.check(transaction)
        if isinstance(fee, Reject):
            return fee
        self.entries[transaction.txid_le] = MempoolEntry(
            transaction, fee, now_seconds, self._chain.tip.height
        )
        self._spender_of.update((i.previous, transaction.txid_le) for i in transaction.inputs)
        self.changes += 1
        return None

    def follow(self, change: Reorganisation, now_seconds: int) -> None:
        """After a change of the best chain: forget what it holds or contradicts, take back what it lost."""
        lost = (t for entry in reversed(change.disconnected) for t in entry.block.transactions[1:])
        returned = [transaction for transaction in lost if not transaction.is_hogex]
        waiting = list(self.entries.values())
        self.entries.clear()
        self._spender_of.clear()
        for transaction in returned:
            self._readmit(transaction, now_seconds)
        for entry in waiting:
            self._readmit(entry.transaction, entry.time_seconds)

    def _readmit(self, transaction: Transaction, time_seconds: int) -> None:
        if transaction.txid_le not in self._chain.block_of:
            self.dropped += self.add(transaction, time_seconds) is not None
