"""Symbolic signatures: they commit to a transaction as real ones do, but anybody can make them.

A simulated wallet has no keys. Its signature is a hash of what a real one signs, at the size of a real one,
so that unsigned and altered transactions are refused and fees come out right, without any elliptic curve.
What it cannot do is keep a stranger from spending: simcoind's chain is for tests.
"""

from __future__ import annotations

import struct
from dataclasses import replace

from nompcore.encoding import push_data
from nompcore.hashing import sha256d
from simcoind.script import NONSTANDARD, NULLDATA, PUBKEY, is_witness_program, script_kind
from simcoind.transaction import Transaction, TxInput

# 72 bytes of signature and 33 of public key: the sizes of the real things.
_SIGNATURE_SIZE = 72
_PUBKEY = b"\x02" + bytes(32)


def signed_input(transaction: Transaction, index: int, script: bytes) -> TxInput:
    """The input at `index` with the signature that spending `script` takes."""
    return _with_signature(transaction.inputs[index], script, _signature(transaction, index, script))


def sized_input(tx_input: TxInput, script: bytes) -> TxInput:
    """The input with a blank in place of its signature: enough to know the size of the signed transaction."""
    return _with_signature(tx_input, script, bytes(_SIGNATURE_SIZE))


def is_signed(transaction: Transaction, index: int, script: bytes) -> bool:
    """Whether an input carries its signature; scripts of no known type are spent without."""
    if script_kind(script) in (NONSTANDARD, NULLDATA):
        return True
    return transaction.inputs[index] == signed_input(transaction, index, script)


def _with_signature(tx_input: TxInput, script: bytes, signature: bytes) -> TxInput:
    if is_witness_program(script):
        return replace(tx_input, script_sig=b"", witness=(signature, _PUBKEY))
    key = b"" if script_kind(script) == PUBKEY else push_data(_PUBKEY)
    return replace(tx_input, script_sig=push_data(signature) + key, witness=())


def _signature(transaction: Transaction, index: int, script: bytes) -> bytes:
    bare = tuple(replace(tx_input, script_sig=b"", witness=()) for tx_input in transaction.inputs)
    signed = replace(transaction, inputs=bare).serialize_without_witness()
    return sha256d(signed + struct.pack("<I", index) + script).rjust(_SIGNATURE_SIZE, b"\0")
