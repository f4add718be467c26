"""Litecoin's extension block (MWEB), as far as miners see it: bytes behind the block, and the HogEx.

The HogEx is the last transaction. It spends the HogEx before it, and its output holds the hash of the bytes.
Here the bytes are made up and no coins are ever in them.
"""

from __future__ import annotations

import struct

from nompcore.hashing import sha256d
from simcoind.block import Block
from simcoind.reject import Reject
from simcoind.transaction import OutPoint, Transaction, TxInput, TxOutput
from simcoind.wire_form import WireForm

_HOG_PROGRAM = b"\x58\x20"
"""Witness version 8 with 32 bytes: an output that holds an extension block's hash."""

_FIRST_BYTE = b"\x82"  # as with litecoind not 01, so that a block without the mark in front does not pass
_DIGESTS = 6


def extension_bytes(height: int, hog_coin: OutPoint) -> bytes:
    """The extension block at a height that spends `hog_coin`."""
    seed = hog_coin.txid_le + struct.pack("<I", height)
    return _FIRST_BYTE + b"".join(sha256d(seed + bytes([number])) for number in range(_DIGESTS))


def hogex(height: int, hog_coin: OutPoint, form: WireForm) -> Transaction:
    """The transaction that joins that extension block to the chain."""
    output = TxOutput(0, _hog_script(extension_bytes(height, hog_coin)))
    return Transaction(2, (TxInput(hog_coin),), (output,), form=form, is_hogex=True)


def hog_coin_of(block: Block) -> OutPoint:
    """What the HogEx after a block must spend. In place of a HogEx the genesis has its coinbase."""
    return OutPoint(block.transactions[-1].txid_le, 0)


def _hog_script(extension: bytes) -> bytes:
    return _HOG_PROGRAM + sha256d(extension)


def check_extension(block: Block, hog_coin: OutPoint) -> Reject | None:
    """Whether a block carries its extension block and the HogEx for it; words are litecoind's."""
    *others, last = block.transactions
    if block.extension is None:
        return Reject("mweb-missing", "MWEB activated but extension block not found")
    if not last.is_hogex:
        return Reject("hogex-missing")
    if any(transaction.is_hogex for transaction in others):
        return Reject("bad-hogex-position", "hogex in wrong position")
    return _check_hogex(last, block.extension, hog_coin)


def _check_hogex(transaction: Transaction, extension: bytes, hog_coin: OutPoint) -> Reject | None:
    if not transaction.outputs or not transaction.outputs[0].script.startswith(_HOG_PROGRAM):
        return Reject("bad-hogex", "HogEx missing or invalid")
    if transaction.outputs[0].script != _hog_script(extension):
        return Reject("mweb-hash-mismatch", "MWEB header hash doesn't match hogex hash")
    if [tx_input.previous for tx_input in transaction.inputs] != [hog_coin]:
        return Reject("invalid-hogex-input", "First input of HogEx does not point to previous HogEx")
    return None
