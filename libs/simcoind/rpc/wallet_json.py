"""A wallet's transactions as the RPC shows them."""

from __future__ import annotations

from typing import Any

from nompcore.address import NetworkParams
from nompcore.encoding import display
from simcoind.chain import Chain
from simcoind.rpc.amounts import coins
from simcoind.script import address_of
from simcoind.transaction import Transaction
from simcoind.wallet import Wallet, WalletTransaction


class WalletView:
    """One wallet's transactions, seen over its chain."""

    def __init__(self, wallet: Wallet, chain: Chain, network: NetworkParams) -> None:
        self._wallet = wallet
        self._chain = chain
        self._network = network

    def transaction(self, record: WalletTransaction) -> dict[str, Any]:
        """The answer of gettransaction."""
        transaction = record.transaction
        debit, fee = self._debit(transaction), self._fee(transaction)
        answer: dict[str, Any] = {"amount": coins(self._credit(transaction) - debit - fee)}
        if debit:
            answer["fee"] = coins(fee)
        answer |= self._circumstances(record)
        return answer | {"details": self._details(transaction), "hex": transaction.serialize().hex()}

    def rows(self, record: WalletTransaction) -> list[dict[str, Any]]:
        """The transaction in listtransactions: one row for each detail."""
        circumstances = self._circumstances(record)
        return [detail | circumstances for detail in self._details(record.transaction)]

    def _circumstances(self, record: WalletTransaction) -> dict[str, Any]:
        transaction = record.transaction
        confirmations = self._wallet.confirmations(transaction)
        answer: dict[str, Any] = {"confirmations": confirmations}
        if transaction.is_coinbase:
            answer["generated"] = True
        entry = self._chain.block_of.get(transaction.txid_le)
        if entry:
            answer |= {
                "blockhash": entry.hash_display,
                "blockheight": entry.height,
                "blockindex": entry.block.transactions.index(transaction),
                "blocktime": entry.block.header.ntime,
            }
        else:
            answer["trusted"] = (
                confirmations == 0 and not transaction.is_coinbase and bool(self._debit(transaction))
            )
        answer |= {
            "txid": display(transaction.txid_le),
            "walletconflicts": [display(txid) for txid in self._wallet.conflicts(transaction)],
            "time": record.time_seconds,
            "timereceived": record.time_seconds,
            "bip125-replaceable": "no",
        }
        comments = {"comment": record.comment, "to": record.comment_to}
        return answer | {name: text for name, text in comments.items() if text}

    def _details(self, transaction: Transaction) -> list[dict[str, Any]]:
        sent, received = [], []
        is_debit = self._debit(transaction) > 0
        for index, output in enumerate(transaction.outputs):
            owned = self._wallet.keys.owned(output.script)
            if is_debit and owned and owned.is_change:
                continue
            address = owned.address if owned else address_of(output.script, self._network)
            row: dict[str, Any] = {"address": address} if address else {}
            if is_debit:
                fee = coins(self._fee(transaction))
                sent.append(
                    row
                    | {"category": "send", "amount": coins(-output.value_sats), "vout": index, "fee": fee}
                    | {"abandoned": False}
                )
            if owned:
                row |= {"category": self._category(transaction), "amount": coins(output.value_sats)}
                received.append(row | {"label": owned.label, "vout": index})
        return sent + received

    def _category(self, transaction: Transaction) -> str:
        if not transaction.is_coinbase:
            return "receive"
        confirmations = self._wallet.confirmations(transaction)
        if confirmations < 1:
            return "orphan"
        return "generate" if self._wallet.is_mature(transaction, confirmations) else "immature"

    def _debit(self, transaction: Transaction) -> int:
        outputs = (self._wallet.own_output(tx_input.previous) for tx_input in transaction.inputs)
        return sum(output.value_sats for output in outputs if output)

    def _credit(self, transaction: Transaction) -> int:
        """What the transaction brings in: a coinbase nothing before it can be spent."""
        if transaction.is_coinbase and self._category(transaction) != "generate":
            return 0
        owned = (output for output in transaction.outputs if self._wallet.keys.owned(output.script))
        return sum(output.value_sats for output in owned)

    def _fee(self, transaction: Transaction) -> int:
        """The fee that the wallet paid, negative; 0 when it paid none of the inputs."""
        debit = self._debit(transaction)
        return sum(output.value_sats for output in transaction.outputs) - debit if debit else 0
