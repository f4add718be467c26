"""A node that is started again is where it was, whatever cut its last line short."""

from __future__ import annotations

from pathlib import Path

import pytest

from simcoind.journal import JournalError, open_journal
from simcoind.node import Node
from simcoind.parameters import ChainParameters
from simcoind.replay import restore
from simcoind.wallet import WalletTransaction
from simcoind.wallet_keys import AddressType
from tests.simcoind_chain import FOREIGN, NOW, PARAMETERS, mine, next_block, spend


def live(directory: Path) -> Node:
    """A node with a bit of everything in its journal, closed."""
    node = Node(PARAMETERS, lambda: NOW)
    journal = restore(node, directory)
    wallet = node.create_wallet("pool")
    script = node.derive(wallet, AddressType.BECH32, "label").script
    mine(node, 3, script)
    mine(node, 2)
    first, second = wallet.spendable()[:2]
    payment = spend(first)
    node.remember(wallet, WalletTransaction(payment, NOW, "intent 7", "to"))
    assert node.accept_transaction(payment) is None
    mine(node)
    assert node.accept_transaction(spend(second)) is None
    node.set_nbits(0x207FFF00)
    tip = mine(node)
    node.invalidate(tip)
    sibling = node.chain.at(4)
    assert sibling is not None
    assert node.submit(next_block(node, FOREIGN, parent=sibling)) == "inconclusive"
    journal.close()
    return node


def test_everything_comes_back(tmp_path: Path) -> None:
    before = live(tmp_path)

    after = Node(PARAMETERS, lambda: NOW)
    restore(after, tmp_path).close()

    assert after.chain.tip.hash_le == before.chain.tip.hash_le
    assert len(after.chain.tree) == len(before.chain.tree)
    assert dict(after.chain.utxos.items()) == dict(before.chain.utxos.items())
    assert after.chain.nbits_at(100) == 0x207FFF00
    assert list(after.mempool.entries) == list(before.mempool.entries) != []
    assert after.wallets.keys() == {"pool"}
    known, remembered = (node.wallets["pool"].transactions for node in (before, after))
    assert remembered.keys() == known.keys()
    assert {record.comment for record in remembered.values()} == {"", "intent 7"}
    keys = [node.wallets["pool"].keys for node in (before, after)]
    assert len({one.derive(AddressType.BECH32).address for one in keys}) == 1


def test_a_last_line_cut_short_is_dropped(tmp_path: Path) -> None:
    before = live(tmp_path)
    path = tmp_path / "journal.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"type":"block","block_he')

    after = Node(PARAMETERS, lambda: NOW)
    restore(after, tmp_path).close()

    assert path.read_bytes() == whole
    assert after.chain.tip.hash_le == before.chain.tip.hash_le


def test_a_journal_damaged_in_the_middle_is_refused(tmp_path: Path) -> None:
    live(tmp_path)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"type":"wallet"', b'"type":"nothing"', 1))

    with pytest.raises(JournalError):
        open_journal(path)


def test_another_chain_does_not_continue_a_journal(tmp_path: Path) -> None:
    live(tmp_path)
    other = ChainParameters("Othercoin", "regtest", PARAMETERS.network, PARAMETERS.pow_hash)

    with pytest.raises(JournalError, match="another chain"):
        restore(Node(other, lambda: NOW), tmp_path)


def test_two_nodes_do_not_share_a_journal(tmp_path: Path) -> None:
    journal = restore(Node(PARAMETERS, lambda: NOW), tmp_path)

    with pytest.raises(JournalError, match="in use"):
        restore(Node(PARAMETERS, lambda: NOW), tmp_path)
    journal.close()
