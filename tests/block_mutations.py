"""A good block made from a template, and what a node says to each way of spoiling it.

The reasons are the reference node's; the same list is put to the simulated daemon and to litecoind.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from nompcore.algorithms import PowHash
from nompcore.encoding import from_display
from nompcore.target import target_from_nbits
from simcoind.block import Block, Header
from simcoind.money import MAX_MONEY
from simcoind.script import height_push
from simcoind.transaction import OutPoint, Transaction, TxInput, TxOutput, parse_transaction
from simcoind.witness_commitment import commitment_script

MAX_TRIES = 4_096
NULL = OutPoint(bytes(32), 0xFFFFFFFF)
HOUR_SECONDS = 3_600


def block_of(template: dict[str, Any], script: bytes, extranonce: int = 0) -> Block:
    """The block of a template that pays to `script`; another `extranonce` gives another block."""
    script_sig = height_push(template["height"]) + struct.pack("<BQ", 8, extranonce)
    commitment = bytes.fromhex(template["default_witness_commitment"])
    coinbase = Transaction(
        2,
        (TxInput(NULL, script_sig, witness=(bytes(32),)),),
        (TxOutput(template["coinbasevalue"], script), TxOutput(0, commitment)),
    )
    others = [parse_transaction(bytes.fromhex(row["data"])) for row in template["transactions"]]
    prevhash_le = from_display(template["previousblockhash"])
    header = Header(
        template["version"], prevhash_le, bytes(32), template["curtime"], int(template["bits"], 16), 0
    )
    return rooted(Block(header, (coinbase, *others)))


def rooted(block: Block) -> Block:
    """The block with its own merkle root."""
    return with_header(block, merkle_root_le=block.merkle_root_le)


def solved(block: Block, pow_hash: PowHash, *, meets_target: bool = True) -> Block:
    """The block with the first nonce that meets the target, or that misses it."""
    target = target_from_nbits(block.header.nbits)
    for nonce in range(MAX_TRIES):
        candidate = with_header(block, nonce=nonce)
        hash_int = int.from_bytes(pow_hash(candidate.header.serialize()), "little")
        if (hash_int <= target) is meets_target:
            return candidate
    raise AssertionError("no nonce")


def with_header(block: Block, **fields: Any) -> Block:
    """The block with another header."""
    return replace(block, header=replace(block.header, **fields))


def with_transactions(block: Block, *transactions: Transaction) -> Block:
    """The block with other transactions, and their merkle root."""
    return rooted(replace(block, transactions=transactions))


def with_coinbase(block: Block, **fields: Any) -> Block:
    """The block with another coinbase."""
    return with_transactions(block, replace(block.transactions[0], **fields), *block.transactions[1:])


def with_coinbase_input(block: Block, **fields: Any) -> Block:
    """The block with another coinbase script or witness."""
    tx_input = replace(block.transactions[0].inputs[0], **fields)
    return with_coinbase(block, inputs=(tx_input,))


def with_last(block: Block, **fields: Any) -> Block:
    """The block with another last transaction, and a commitment to it."""
    *others, last = block.transactions
    return committed(with_transactions(block, *others, replace(last, **fields)))


def committed(block: Block) -> Block:
    """The block with a commitment to its witnesses as they are now."""
    reward, *_ = block.transactions[0].outputs
    script = commitment_script(block.transactions[1:])
    return with_coinbase(block, outputs=(reward, TxOutput(0, script)))


def paying(block: Block, sats_more: int) -> Block:
    """The block whose coinbase pays so much more than it may."""
    reward, *others = block.transactions[0].outputs
    return with_coinbase(block, outputs=(replace(reward, value_sats=reward.value_sats + sats_more), *others))


def first_output(block: Block, **fields: Any) -> tuple[TxOutput, ...]:
    """The outputs of the last transaction, the first of them changed."""
    output, *others = block.transactions[-1].outputs
    return (replace(output, **fields), *others)


def with_broken_signature(block: Block) -> Block:
    """The block whose last transaction carries a witness for another one."""
    tx_input, *others = block.transactions[-1].inputs
    signature, *rest = tx_input.witness
    broken = replace(tx_input, witness=(signature[:-2] + bytes([signature[-2] ^ 1]) + signature[-1:], *rest))
    return with_last(block, inputs=(broken, *others))


def spending_its_coinbase(block: Block) -> Block:
    """The coinbase and a spend of it. Neither has a witness: a commitment cannot commit to its own hash."""
    reward, *_ = block.transactions[0].outputs
    coinbase_input = replace(block.transactions[0].inputs[0], witness=())
    coinbase = replace(block.transactions[0], inputs=(coinbase_input,), outputs=(reward,))
    spend = replace(block.transactions[-1], inputs=(TxInput(OutPoint(coinbase.txid_le, 0)),))
    return with_transactions(block, coinbase, spend)


@dataclass(frozen=True, slots=True)
class Mutation:
    """A change to a good block with at least three transactions, and the answer of submitblock."""

    answer: str
    change: Callable[[Block], Block]
    meets_target: bool = True


MUTATIONS = {
    "hash above the target": Mutation("high-hash", lambda block: block, meets_target=False),
    "foreign merkle root": Mutation(
        "bad-txnmrklroot", lambda block: with_header(block, merkle_root_le=bytes(32))
    ),
    "last transaction doubled": Mutation(
        "bad-txns-duplicate",
        lambda block: replace(block, transactions=(*block.transactions, block.transactions[-1])),
    ),
    "two coinbases": Mutation(
        "bad-cb-multiple",
        lambda block: with_transactions(
            block, *block.transactions, replace(block.transactions[0], locktime=1)
        ),
    ),
    "too large": Mutation(
        "bad-blk-length", lambda block: with_coinbase(block, outputs=(TxOutput(0, bytes(1_000_001)),))
    ),
    "coinbase script of one byte": Mutation(
        "bad-cb-length", lambda block: with_coinbase_input(block, script_sig=b"\x51")
    ),
    "coinbase script too long": Mutation(
        "bad-cb-length", lambda block: with_coinbase_input(block, script_sig=bytes(101))
    ),
    "transaction without outputs": Mutation(
        "bad-txns-vout-empty", lambda block: with_last(block, outputs=())
    ),
    "negative amount": Mutation(
        "bad-txns-vout-negative",
        lambda block: with_last(block, outputs=first_output(block, value_sats=-1)),
    ),
    "more than all money": Mutation(
        "bad-txns-vout-toolarge",
        lambda block: with_last(block, outputs=first_output(block, value_sats=MAX_MONEY + 1)),
    ),
    "more than all money in two outputs": Mutation(
        "bad-txns-txouttotal-toolarge",
        lambda block: with_last(block, outputs=(TxOutput(MAX_MONEY, b"\x51"), TxOutput(1, b"\x51"))),
    ),
    "input spent twice in a transaction": Mutation(
        "bad-txns-inputs-duplicate",
        lambda block: with_last(block, inputs=block.transactions[-1].inputs[:1] * 2),
    ),
    "null input beside another": Mutation(
        "bad-txns-prevout-null",
        lambda block: with_last(block, inputs=(*block.transactions[-1].inputs, TxInput(NULL))),
    ),
    "unknown parent": Mutation(
        "prev-blk-not-found", lambda block: with_header(block, prevhash_le=b"\x11" * 32)
    ),
    "easier target": Mutation("bad-diffbits", lambda block: with_header(block, nbits=0x207FFFFE)),
    "time of the first block": Mutation(
        "time-too-old", lambda block: with_header(block, ntime=1_296_688_602)
    ),
    "time far ahead": Mutation(
        "time-too-new",
        lambda block: with_header(block, ntime=block.header.ntime + 3 * HOUR_SECONDS),
    ),
    "locktime in the future": Mutation(
        "bad-txns-nonfinal",
        lambda block: with_last(
            block,
            locktime=400_000_000,
            inputs=tuple(replace(one, sequence=0) for one in block.transactions[-1].inputs),
        ),
    ),
    "witness nonce too short": Mutation(
        "bad-witness-nonce-size", lambda block: with_coinbase_input(block, witness=(bytes(31),))
    ),
    "two witness nonces": Mutation(
        "bad-witness-nonce-size", lambda block: with_coinbase_input(block, witness=(bytes(32), bytes(32)))
    ),
    "other witness nonce": Mutation(
        "bad-witness-merkle-match", lambda block: with_coinbase_input(block, witness=(b"\x01" * 32,))
    ),
    "no commitment": Mutation(
        "unexpected-witness",
        lambda block: with_coinbase(block, outputs=block.transactions[0].outputs[:1]),
    ),
    "too heavy": Mutation(
        "bad-blk-weight",
        lambda block: with_last(
            block, inputs=(replace(block.transactions[-1].inputs[0], witness=(bytes(3_999_000),)),)
        ),
    ),
    "spends what is not there": Mutation(
        "bad-txns-inputs-missingorspent",
        lambda block: with_last(block, inputs=(TxInput(OutPoint(b"\x22" * 32, 0)),)),
    ),
    "spends its own coinbase": Mutation("bad-txns-premature-spend-of-coinbase", spending_its_coinbase),
    "spends more than it has": Mutation(
        "bad-txns-in-belowout",
        lambda block: with_last(block, outputs=first_output(block, value_sats=MAX_MONEY // 2)),
    ),
    "coinbase pays a sat too much": Mutation("bad-cb-amount", lambda block: paying(block, 1)),
}
"""What litecoind and simcoind refuse with the same words."""
