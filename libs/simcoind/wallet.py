"""A wallet: its scripts, the transactions that touch them, and what of its money can be spent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from simcoind.chain import Chain
from simcoind.mempool import Mempool
from simcoind.transaction import OutPoint, Transaction, TxOutput
from simcoind.wallet_keys import WalletKeys


@dataclass(frozen=True, slots=True)
class WalletTransaction:
    """A transaction that pays or spends the wallet's money, with the comments of the call that made it."""

    transaction: Transaction
    time_seconds: int
    comment: str = ""
    comment_to: str = ""


@dataclass(frozen=True, slots=True)
class WalletCoin:
    """An unspent output of the wallet; `confirmations` is 0 while its transaction waits for a block."""

    outpoint: OutPoint
    output: TxOutput
    confirmations: int
    is_mature: bool


class Wallet:
    """One wallet over the chain and the mempool. Locks live in memory only, as in the reference node."""

    def __init__(self, name: str, keys: WalletKeys, chain: Chain, mempool: Mempool) -> None:
        self.name = name
        self.keys = keys
        self.transactions: dict[
            bytes, WalletTransaction
        ] = {}  # by txid, in the order in which they were seen
        self.locked: dict[OutPoint, None] = {}  # a set that keeps its order
        self._chain = chain
        self._mempool = mempool
        self._outputs: dict[OutPoint, TxOutput] = {}

    def own_output(self, outpoint: OutPoint) -> TxOutput | None:
        """An output that ever paid the wallet, None for others."""
        return self._outputs.get(outpoint)

    def is_relevant(self, transaction: Transaction) -> bool:
        """Whether a transaction pays or spends the wallet's money."""
        return any(self.keys.owned(output.script) for output in transaction.outputs) or any(
            tx_input.previous in self._outputs for tx_input in transaction.inputs
        )

    def remember(self, record: WalletTransaction) -> None:
        """Keep a relevant transaction; what is known already stays as it is."""
        transaction = record.transaction
        if transaction.txid_le in self.transactions:
            return
        self.transactions[transaction.txid_le] = record
        for index, output in enumerate(transaction.outputs):
            if self.keys.owned(output.script):
                self._outputs[OutPoint(transaction.txid_le, index)] = output

    def confirmations(self, transaction: Transaction) -> int:
        """Blocks on top, 0 while waiting or orphaned; negative: how deep a conflicting spend is."""
        entry = self._chain.block_of.get(transaction.txid_le)
        if entry:
            return self._chain.confirmations(entry)
        if transaction.txid_le in self._mempool.entries:
            return 0
        spenders = (self._chain.spender_of.get(tx_input.previous) for tx_input in transaction.inputs)
        depths = [self._chain.confirmations(self._chain.block_of[txid]) for txid in spenders if txid]
        return -max(depths, default=0)

    def conflicts(self, transaction: Transaction) -> list[bytes]:
        """Txids of the wallet's other transactions that spend one of the same outputs."""
        wanted = {tx_input.previous for tx_input in transaction.inputs}
        return [
            txid
            for txid, record in self.transactions.items()
            if txid != transaction.txid_le
            and not record.transaction.is_coinbase
            and any(tx_input.previous in wanted for tx_input in record.transaction.inputs)
        ]

    def is_mature(self, transaction: Transaction, confirmations: int) -> bool:
        """Whether its outputs may be spent; a wallet waits one block longer than consensus asks."""
        return not transaction.is_coinbase or confirmations > self._chain.parameters.maturity

    def coins(self) -> Iterator[WalletCoin]:
        """Outputs that nothing spends, in the chain or waiting; also immature and locked ones."""
        for outpoint, output in self._outputs.items():
            if self._mempool.unspent(outpoint) is None:
                continue
            transaction = self.transactions[outpoint.txid_le].transaction
            confirmations = self.confirmations(transaction)
            yield WalletCoin(outpoint, output, confirmations, self.is_mature(transaction, confirmations))

    def is_trusted(self, coin: WalletCoin) -> bool:
        """Whether a coin can be spent now: confirmed, or the wallet's own change."""
        if coin.confirmations > 0:
            return coin.is_mature
        inputs = self.transactions[coin.outpoint.txid_le].transaction.inputs
        return all(tx_input.previous in self._outputs for tx_input in inputs)

    def spendable(self) -> list[WalletCoin]:
        """Trusted coins that are not locked."""
        return [coin for coin in self.coins() if self.is_trusted(coin) and coin.outpoint not in self.locked]
