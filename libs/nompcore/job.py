"""Template → Job for miners, a Job decoded once for validation, and the part of a block miners never see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from nompcore.block import BlockBody
from nompcore.coin import Coin
from nompcore.coinbase import (
    EXTRANONCE2_SIZE,
    ORDINARY_EXTRANONCES,
    CoinbaseSpec,
    ExtranonceSizes,
    Recipient,
    build_coinbase,
)
from nompcore.encoding import from_stratum_prevhash, hex_to_bytes, stratum_prevhash_hex
from nompcore.errors import EncodingError
from nompcore.merkle import branch
from nompcore.messages import Job
from nompcore.target import difficulty_from_target
from nompcore.template import Template


def build_job(
    template: Template,
    *,
    pool: str,
    coin: Coin,
    job_id: str,
    template_id: str,
    pool_script: bytes,
    pool_tag: str,
    recipients: Sequence[Recipient],
    clean_jobs: bool,
    created_ms: int,
    proof_of_stake: bool = False,
    extranonces: ExtranonceSizes = ORDINARY_EXTRANONCES,
    mark: bytes = b"",
) -> Job:
    """The job of a template. TemplateError if the coinbase does not fit, EncodingError for bad recipients.

    A `mark` of its own makes it other work than every job of an equal template: without one a share with a
    late ntime would count for each of them.
    """
    parts = build_coinbase(
        CoinbaseSpec(
            height=template.height,
            value_sats=template.coinbasevalue,
            pool_script=pool_script,
            pool_tag=pool_tag.encode(),
            recipients=tuple(recipients),
            witness_commitment=template.witness_commitment,
            aux_flags=template.flags,
            tx_messages=coin.tx_messages,
            payees=template.payees,
            time=template.curtime if proof_of_stake else None,
            payload=template.coinbase_payload,
            extranonces=extranonces,
            mark=mark,
        )
    )
    return Job(
        pool=pool,
        job_id=job_id,
        template_id=template_id,
        height=template.height,
        prevhash_hex=stratum_prevhash_hex(template.prevhash_display),
        coinb1_hex=parts.coinb1.hex(),
        coinb2_hex=parts.coinb2.hex(),
        merkle_branch_hex=[step.hex() for step in branch([t.txid_le for t in template.transactions])],
        version=template.version,
        nbits_hex=template.nbits_hex,
        ntime=template.curtime,
        network_target_hex=f"{template.target:064x}",
        clean_jobs=clean_jobs,
        reward_sats=parts.reward_sats,
        created_ms=created_ms,
        extranonce1_size=extranonces.extranonce1,
        extranonce2_size=extranonces.extranonce2,
    )


@dataclass(frozen=True, slots=True)
class PreparedJob:
    """A job in the form in which thousands of shares are checked against it."""

    job: Job
    coin: Coin
    coinb1: bytes
    coinb2: bytes
    branch_le: tuple[bytes, ...]
    prevhash_le: bytes
    version: int  # unsigned
    nbits: int
    ntime: int  # Unix seconds; earliest accepted
    network_target: int
    network_difficulty: float  # of that target, in the pool's unit
    key_prefix: bytes  # begins the keys of the job's shares
    extranonce2_size: int  # bytes, at most 4
    forward_target: int  # a header hash at or below it goes to the upstream pool; 0 where there is none
    version_mask: int  # the version bits that may differ from the job's, as far as the job's maker minds

    @property
    def attention_target(self) -> int:
        """A header hash at or below it is more than a share: a block, or one for the upstream pool."""
        return max(self.network_target, self.forward_target)


def prepare_job(job: Job, coin: Coin) -> PreparedJob:
    """Decode a job; EncodingError when it holds what no jobmaker writes."""
    network_target = int.from_bytes(hex_to_bytes(job.network_target_hex, 32), "big")
    if not 1 <= job.extranonce2_size <= EXTRANONCE2_SIZE:
        raise EncodingError(f"an extranonce2 of {job.extranonce2_size} bytes")
    return PreparedJob(
        job=job,
        coin=coin,
        coinb1=hex_to_bytes(job.coinb1_hex),
        coinb2=hex_to_bytes(job.coinb2_hex),
        branch_le=tuple(hex_to_bytes(step, 32) for step in job.merkle_branch_hex),
        prevhash_le=from_stratum_prevhash(job.prevhash_hex),
        version=job.version & 0xFFFFFFFF,
        nbits=int.from_bytes(hex_to_bytes(job.nbits_hex, 4), "big"),
        ntime=job.ntime,
        network_target=network_target,
        network_difficulty=difficulty_from_target(network_target, coin.multiplier),
        key_prefix=(job.same_work_as or job.job_id).encode(),
        extranonce2_size=job.extranonce2_size,
        forward_target=int.from_bytes(hex_to_bytes(job.forward_target_hex), "big"),
        version_mask=int.from_bytes(hex_to_bytes(job.version_mask_hex or "ffffffff", 4), "big"),
    )


def block_body(template: Template, *, proof_of_stake: bool = False) -> BlockBody:
    """What a block of this template needs beside its header and coinbase."""
    return BlockBody(
        transactions=tuple(transaction.data for transaction in template.transactions),
        has_witness_commitment=template.witness_commitment is not None,
        mweb=template.mweb,
        proof_of_stake=proof_of_stake,
    )


def pack_transactions(body: BlockBody) -> bytes:
    """The form in which a block's body waits in the object store."""
    return msgspec.msgpack.encode(body)


def unpack_transactions(packed: bytes) -> BlockBody:
    """The inverse of `pack_transactions`; EncodingError when the bytes are not whole."""
    try:
        return msgspec.msgpack.decode(packed, type=BlockBody)
    except msgspec.MsgspecError as error:
        raise EncodingError(f"the stored transactions are unreadable: {error}") from error
