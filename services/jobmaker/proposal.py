"""The block that a job would become, for the daemon to judge first (BIP 23), and its shape.

Two templates have one shape when their blocks are made by the same rules: a daemon that takes a block of a
shape takes the next one too. What differs from one to the next, transactions and times, is the daemon's own.
"""

from __future__ import annotations

from dataclasses import dataclass

from nompcore.block import BlockBody, assemble_block, header_bytes
from nompcore.coin import Coin
from nompcore.job import prepare_job
from nompcore.merkle import root_from_branch
from nompcore.messages import Job
from nompcore.template import Template


@dataclass(frozen=True, slots=True)
class Shape:
    """What decides how a block is made of a template."""

    version: int
    rules: tuple[str, ...]
    has_transactions: bool
    has_commitment: bool
    has_mweb: bool
    has_flags: bool
    payees: int
    payload_size: int
    reward_script: bytes
    proof_of_stake: bool


def shape_of(template: Template, reward_script: bytes, *, proof_of_stake: bool) -> Shape:
    """The shape of the block that a template gives with this reward."""
    return Shape(
        version=template.version,
        rules=tuple(sorted(template.rules)),
        has_transactions=bool(template.transactions),
        has_commitment=template.witness_commitment is not None,
        has_mweb=template.mweb is not None,
        has_flags=bool(template.flags),
        payees=len(template.payees),
        payload_size=len(template.coinbase_payload or b""),
        reward_script=reward_script,
        proof_of_stake=proof_of_stake,
    )


def proposed_block(job: Job, body: BlockBody, coin: Coin) -> bytes:
    """The block with zeros for what miners fill in; only its proof of work is wrong."""
    prepared = prepare_job(job, coin)
    extranonces = bytes(job.extranonce1_size + job.extranonce2_size)
    coinbase = prepared.coinb1 + extranonces + prepared.coinb2
    root = root_from_branch(coin.hash_coinbase(coinbase), prepared.branch_le)
    header = header_bytes(prepared.version, prepared.prevhash_le, root, prepared.ntime, prepared.nbits, 0)
    return assemble_block(header, coinbase, body)
