"""Choosing transactions for the next block, and building blocks of the node's own."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import replace

from nompcore.target import target_from_nbits
from simcoind.block import Block, Header
from simcoind.block_rules import Position
from simcoind.extension_block import extension_bytes, hogex
from simcoind.mempool import MempoolEntry
from simcoind.parameters import ChainParameters
from simcoind.payees import demands_at
from simcoind.script import height_push
from simcoind.special_coinbase import SPECIAL_COINBASE_VERSION, coinbase_payload
from simcoind.transaction import NULL_VOUT, OutPoint, Transaction, TxInput, TxOutput
from simcoind.transaction_rules import MAX_BLOCK_WEIGHT
from simcoind.witness_commitment import WITNESS_NONCE, commitment_script

COINBASE_WEIGHT = 4_000
"""Room that is left for header and coinbase, as the reference node leaves it."""

BLOCK_VERSION = 0x20000000
"""Version bits with none set (BIP 9)."""

NONCES = 1 << 32


def select(entries: Iterable[MempoolEntry]) -> list[MempoolEntry]:
    """Waiting transactions, oldest first, until the block is full: parents always come before children."""
    selected: list[MempoolEntry] = []
    room = MAX_BLOCK_WEIGHT - COINBASE_WEIGHT
    for entry in entries:
        if entry.transaction.weight > room:
            break
        room -= entry.transaction.weight
        selected.append(entry)
    return selected


def transactions_of(
    parameters: ChainParameters, position: Position, entries: Iterable[MempoolEntry]
) -> list[Transaction]:
    """What a block holds behind its coinbase: the chosen transactions, and the HogEx where there is one."""
    transactions = [entry.transaction for entry in entries]
    if position.hog_coin is not None:
        transactions.append(hogex(position.height, position.hog_coin, parameters.form))
    return transactions


def build_block(
    parameters: ChainParameters,
    position: Position,
    prevhash_le: bytes,
    entries: Sequence[MempoolEntry],
    script: bytes,
    extranonce: int,
) -> Block:
    """A block that pays all to `script`, without proof of work; `extranonce` makes its coinbase unique."""
    transactions = transactions_of(parameters, position, entries)
    value = parameters.subsidy_at(position.height) + sum(entry.fee_sats for entry in entries)
    outputs = _outputs(parameters, position.height, value, script)
    if parameters.has_segwit:
        outputs.append(TxOutput(0, commitment_script(transactions)))
    ntime = max(position.now_seconds, position.median_time + 1)
    coinbase = replace(_coinbase(parameters, position.height, extranonce), outputs=tuple(outputs), time=ntime)
    block = Block(
        Header(BLOCK_VERSION, prevhash_le, bytes(32), ntime, position.nbits, 0),
        (coinbase, *transactions),
        None if position.hog_coin is None else extension_bytes(position.height, position.hog_coin),
        b"" if parameters.has_stake else None,
    )
    return replace(block, header=replace(block.header, merkle_root_le=block.merkle_root_le))


def _coinbase(parameters: ChainParameters, height: int, extranonce: int) -> Transaction:
    """The node's own coinbase, without outputs."""
    script_sig = height_push(height) + struct.pack("<BQ", 8, extranonce)
    witness = (WITNESS_NONCE,) if parameters.has_segwit else ()
    inputs = (TxInput(OutPoint(bytes(32), NULL_VOUT), script_sig, witness=witness),)
    if parameters.form.has_payloads:
        payload = coinbase_payload(height)
        return Transaction(SPECIAL_COINBASE_VERSION, inputs, (), form=parameters.form, tail=payload)
    return Transaction(2, inputs, (), form=parameters.form)


def _outputs(parameters: ChainParameters, height: int, value: int, script: bytes) -> list[TxOutput]:
    """What the chain demands, and in front of it the rest for `script`."""
    demanded = [demand.output for demand in demands_at(parameters, height)]
    rest = value - sum(output.value_sats for output in demanded)
    return [TxOutput(rest, script), *demanded]


def search_nonce(block: Block, parameters: ChainParameters, nonces: range) -> Block | None:
    """The block with the first nonce of the range that meets the header's target; a hash for each nonce."""
    target = target_from_nbits(block.header.nbits)
    for nonce in nonces:
        header = replace(block.header, nonce=nonce)
        if int.from_bytes(parameters.pow_hash(header.serialize()), "little") <= target:
            return replace(block, header=header)
    return None
