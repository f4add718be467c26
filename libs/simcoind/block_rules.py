"""What makes a block valid before its inputs are looked at. Reasons and their order are the reference node's.

`check_block` needs the block alone, `check_position` its place in the chain. Spending is judged where the
block is connected, in `simcoind.chain`. Not judged: signature operations and version bits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from nompcore.errors import EncodingError
from nompcore.target import target_from_nbits
from simcoind.block import Block
from simcoind.parameters import ChainParameters
from simcoind.reject import Reject
from simcoind.script import height_push
from simcoind.transaction import OutPoint
from simcoind.transaction_rules import MAX_BLOCK_WEIGHT, check_transaction, is_final
from simcoind.witness_commitment import WITNESS_NONCE, commitment_script, find_commitment

MAX_FUTURE_SECONDS = 2 * 3600
"""How far a block's time may be ahead of the node's clock."""


@dataclass(frozen=True, slots=True)
class Position:
    """The place a block wants to take: right after its parent."""

    height: int
    median_time: int  # of the parent and the ten blocks before it
    nbits: int  # what the block must claim
    now_seconds: int
    hog_coin: OutPoint | None = None  # what the HogEx must spend, where there are extension blocks


def check_proof_of_work(block: Block, parameters: ChainParameters) -> Reject | None:
    """Whether the header's hash meets the target that the header itself claims."""
    try:
        target = target_from_nbits(block.header.nbits)
    except EncodingError:
        return Reject("high-hash", "nbits are no target")
    hash_int = int.from_bytes(parameters.pow_hash(block.header.serialize()), "little")
    return None if hash_int <= target else Reject("high-hash", "proof of work failed")


def check_block(block: Block) -> Reject | None:
    """Merkle root, shape and each transaction by itself."""
    rejects = (check_transaction(transaction) for transaction in block.transactions)
    return _check_tree(block) or _check_coinbase(block) or next(filter(None, rejects), None)


def _check_tree(block: Block) -> Reject | None:
    if not block.transactions:
        return Reject("bad-blk-length", "size limits failed")
    if block.header.merkle_root_le != block.merkle_root_le:
        return Reject("bad-txnmrklroot", "hashMerkleRoot mismatch")
    txids = {transaction.txid_le for transaction in block.transactions}
    if len(txids) != len(block.transactions):  # CVE-2012-2459: a doubled tail has the same root
        return Reject("bad-txns-duplicate", "duplicate transaction")
    if 4 * block.stripped_size > MAX_BLOCK_WEIGHT:
        return Reject("bad-blk-length", "size limits failed")
    return None


def _check_coinbase(block: Block) -> Reject | None:
    coinbase, *others = block.transactions
    if not coinbase.is_coinbase:
        return Reject("bad-cb-missing", "first tx is not coinbase")
    if any(transaction.is_coinbase for transaction in others):
        return Reject("bad-cb-multiple", "more than one coinbase")
    return None


def check_position(block: Block, position: Position) -> Reject | None:
    """Target, time, height and witnesses, as the place in the chain demands them."""
    return (
        _check_header(block, position)
        or _check_locktimes(block, position)
        or _check_height(block, position.height)
        or _check_witness(block)
        or (Reject("bad-blk-weight", "weight limit failed") if block.weight > MAX_BLOCK_WEIGHT else None)
    )


def _check_header(block: Block, position: Position) -> Reject | None:
    if block.header.nbits != position.nbits:
        return Reject("bad-diffbits", "incorrect proof of work")
    if block.header.ntime <= position.median_time:
        return Reject("time-too-old", "block's timestamp is too early")
    if block.header.ntime > position.now_seconds + MAX_FUTURE_SECONDS:
        return Reject("time-too-new", "block timestamp too far in the future")
    return None


def _check_locktimes(block: Block, position: Position) -> Reject | None:
    if all(
        is_final(transaction, position.height, position.median_time) for transaction in block.transactions
    ):
        return None
    return Reject("bad-txns-nonfinal", "non-final transaction")


def _check_height(block: Block, height: int) -> Reject | None:
    if block.transactions[0].inputs[0].script_sig.startswith(height_push(height)):
        return None
    return Reject("bad-cb-height", "block height mismatch in coinbase")


def _check_witness(block: Block) -> Reject | None:
    coinbase, *others = block.transactions
    commitment = find_commitment(coinbase)
    if commitment is None:
        if any(transaction.has_witness for transaction in block.transactions):
            return Reject("unexpected-witness", "unexpected witness data found")
        return None
    witness = coinbase.inputs[0].witness
    if len(witness) != 1 or len(witness[0]) != 32:
        return Reject("bad-witness-nonce-size", "invalid witness reserved value size")
    if commitment_script(others, witness[0]) != commitment:
        return Reject("bad-witness-merkle-match", "witness merkle commitment mismatch")
    return None


def with_witness_nonce(block: Block) -> Block:
    """The block with the coinbase witness that submitblock adds where only the commitment is there."""
    coinbase = block.transactions[0]
    if find_commitment(coinbase) is None or coinbase.has_witness:
        return block
    with_nonce = replace(coinbase.inputs[0], witness=(WITNESS_NONCE,))
    return replace(block, transactions=(replace(coinbase, inputs=(with_nonce,)), *block.transactions[1:]))
