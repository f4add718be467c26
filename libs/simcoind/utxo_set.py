"""The unspent outputs of the best chain, changed by whole transactions and able to go back."""

from __future__ import annotations

from collections.abc import ItemsView
from dataclasses import dataclass

from simcoind.script import is_unspendable
from simcoind.transaction import OutPoint, Transaction
from simcoind.transaction_rules import Utxo


@dataclass(frozen=True, slots=True)
class Undo:
    """What one transaction changed: spent outputs to put back, created ones to take away."""

    spent: tuple[tuple[OutPoint, Utxo], ...]
    created: tuple[OutPoint, ...]


class UtxoSet:
    """Unspent outputs by their place."""

    def __init__(self) -> None:
        self._unspent: dict[OutPoint, Utxo] = {}

    def __len__(self) -> int:
        return len(self._unspent)

    def items(self) -> ItemsView[OutPoint, Utxo]:
        """All of them."""
        return self._unspent.items()

    def get(self, outpoint: OutPoint) -> Utxo | None:
        """An unspent output, None when spent or unknown."""
        return self._unspent.get(outpoint)

    def has_output_of(self, transaction: Transaction) -> bool:
        """Whether an output of it is unspent: so a node without index knows that it is in the chain."""
        outputs = range(len(transaction.outputs))
        return any(OutPoint(transaction.txid_le, index) in self._unspent for index in outputs)

    def put(self, outpoint: OutPoint, utxo: Utxo) -> None:
        """Make an output that is there without a transaction: from before the first block."""
        self._unspent[outpoint] = utxo

    def apply(self, transaction: Transaction, height: int) -> Undo:
        """Spend the inputs and create the outputs of a checked transaction."""
        spent = []
        if not transaction.is_coinbase:
            spent = [(i.previous, self._unspent.pop(i.previous)) for i in transaction.inputs]
        created = []
        for index, output in enumerate(transaction.outputs):
            if not is_unspendable(output.script):
                outpoint = OutPoint(transaction.txid_le, index)
                self._unspent[outpoint] = Utxo(output, height, transaction.is_coinbase)
                created.append(outpoint)
        return Undo(tuple(spent), tuple(created))

    def revert(self, undo: Undo) -> None:
        """Take back one `apply`; several are reverted in the opposite order."""
        for outpoint in undo.created:
            del self._unspent[outpoint]
        self._unspent.update(undo.spent)
