from __future__ import annotations

from typing import Any

import pytest

from nompcore.encoding import display, from_display, stratum_prevhash_hex
from nompcore.hashing import sha256d
from nompcore.job import PreparedJob, prepare_job
from nompcore.merkle import branch
from nompcore.messages import Job
from nompcore.share import BlockFound, ShareHeader, Submission, check_shape, judge, validate_share
from nompcore.target import target_from_nbits
from tests.unit.chain_samples import RegtestBlock, coin, regtest_blocks, vectors

REGTEST_BLOCKS = regtest_blocks()

# Eight bytes somewhere in the coinbase script of an old block stand in for the extranonce.
EXTRANONCE_AT = 46


def bitcoin_job(row: dict[str, Any]) -> PreparedJob:
    coinbase = bytes.fromhex(row["coinbase"])
    job = Job(
        pool="btc",
        job_id="1",
        template_id="t",
        height=row["height"],
        prevhash_hex=stratum_prevhash_hex(row["prevhash"]),
        coinb1_hex=coinbase[:EXTRANONCE_AT].hex(),
        coinb2_hex=coinbase[EXTRANONCE_AT + 8 :].hex(),
        merkle_branch_hex=[step.hex() for step in branch([from_display(txid) for txid in row["txids"][1:]])],
        version=row["version"],
        nbits_hex=row["nbits"],
        ntime=row["ntime"],
        network_target_hex=f"{target_from_nbits(int(row['nbits'], 16)):064x}",
        clean_jobs=True,
        reward_sats=0,
        created_ms=0,
    )
    return prepare_job(job, coin("bitcoin.json"))


@pytest.mark.parametrize("row", vectors("bitcoin_blocks.json")["blocks"], ids=lambda row: row["height"])
def test_a_share_that_was_a_block_of_bitcoin_is_found_to_be_it(row: dict[str, Any]) -> None:
    extranonce = bytes.fromhex(row["coinbase"])[EXTRANONCE_AT : EXTRANONCE_AT + 8]
    submitted = Submission(extranonce[:4], extranonce[4:].hex(), f"{row['ntime']:08x}", f"{row['nonce']:08x}")

    found = validate_share(bitcoin_job(row), submitted, target=0, now_seconds=row["ntime"], seen=())

    assert isinstance(found, BlockFound)
    assert found.block_hash_display == row["block_hash"]
    assert found.hash_int == int(row["block_hash"], 16)
    assert found.coinbase.hex() == row["coinbase"]
    assert display(sha256d(found.header)) == row["block_hash"]


@pytest.mark.parametrize("block", REGTEST_BLOCKS, ids=lambda block: block.label)
def test_a_share_that_litecoind_took_as_a_block_is_found_to_be_one(block: RegtestBlock) -> None:
    found = validate_share(
        block.prepared, block.submission, target=0, now_seconds=block.template.curtime, seen=()
    )

    assert isinstance(found, BlockFound)
    assert found.block_hash_display == block.block_hash_display
    assert display(sha256d(found.coinbase)) == block.coinbase_txid_display
    assert found.header == block.block[:80]


def test_the_hash_may_be_computed_elsewhere_between_shape_and_judgement() -> None:
    block = REGTEST_BLOCKS[0]
    now_seconds = block.template.curtime
    share = check_shape(block.prepared, block.submission, now_seconds=now_seconds, seen=())
    assert isinstance(share, ShareHeader)

    digest = block.coin.pow_hash(share.header)

    assert judge(block.prepared, share, digest, target=0) == validate_share(
        block.prepared, block.submission, target=0, now_seconds=now_seconds, seen=()
    )
