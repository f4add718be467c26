"""Bringing a node back to where its journal left it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from nompcore.encoding import from_display
from simcoind.block import parse_block
from simcoind.journal import (
    BlockRecord,
    ChainRecord,
    Journal,
    JournalError,
    KeyRecord,
    NbitsRecord,
    Record,
    TransactionRecord,
    VerdictRecord,
    WalletRecord,
    open_journal,
)
from simcoind.node import Node
from simcoind.parameters import ChainParameters
from simcoind.transaction import parse_transaction
from simcoind.wallet import WalletTransaction
from simcoind.wallet_keys import AddressType


def chain_record(parameters: ChainParameters) -> ChainRecord:
    """What a journal of this chain begins with."""
    return ChainRecord(
        coin_name=parameters.coin_name,
        chain_name=parameters.chain_name,
        nbits=parameters.nbits,
        maturity=parameters.maturity,
        subsidy_sats=parameters.subsidy_sats,
        halving_interval=parameters.halving_interval,
        family=parameters.family,
    )


def restore(node: Node, datadir: Path) -> Journal:
    """Bring a new node to where the directory's journal left it, and continue that. Raises JournalError."""
    datadir.mkdir(parents=True, exist_ok=True)
    journal, records = open_journal(datadir / "journal.jsonl")
    with ExitStack() as undo:
        undo.callback(journal.close)
        replay(node, records)
        if not records:
            journal.append(chain_record(node.parameters))
        undo.pop_all()
    node.journal = journal.append
    return journal


def replay(node: Node, records: Iterable[Record]) -> None:
    """Do what the records say, then send the wallets' unconfirmed transactions. Raises JournalError."""
    for record in records:
        _redo(node, record)
    for wallet in node.wallets.values():
        for known in wallet.transactions.values():
            transaction = known.transaction
            if not transaction.is_coinbase and transaction.txid_le not in node.chain.block_of:
                # Refused ones stay in the wallet as conflicted or abandoned, as they were before the restart.
                node.mempool.add(transaction, known.time_seconds)


def _redo(node: Node, record: Record) -> None:
    match record:
        case ChainRecord():
            if record != chain_record(node.parameters):
                raise JournalError(f"the data directory belongs to another chain: {record}")
        case BlockRecord(block_hex=block_hex):
            node.submit(parse_block(bytes.fromhex(block_hex), node.parameters.form))
        case NbitsRecord(nbits=nbits):
            node.set_nbits(nbits)
        case VerdictRecord(block_hash_display=block_hash_display, is_valid=is_valid):
            _judge(node, block_hash_display, is_valid=is_valid)
        case WalletRecord(name=name, seed_hex=seed_hex):
            node.create_wallet(name, bytes.fromhex(seed_hex))
        case KeyRecord():
            kind = AddressType(record.address_type)
            node.derive(node.wallets[record.wallet], kind, record.label, is_change=record.is_change)
        case TransactionRecord():
            transaction = parse_transaction(bytes.fromhex(record.transaction_hex), node.parameters.form)
            known = WalletTransaction(transaction, record.time_seconds, record.comment, record.comment_to)
            node.wallets[record.wallet].remember(known)


def _judge(node: Node, block_hash_display: str, *, is_valid: bool) -> None:
    entry = node.chain.tree.get(from_display(block_hash_display))
    if entry is None:
        raise JournalError(f"a verdict about block {block_hash_display}, which is unknown")
    if is_valid:
        node.reconsider(entry)
    else:
        node.invalidate(entry)
