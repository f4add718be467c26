from __future__ import annotations

import dataclasses

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.block import BlockBody
from nompcore.coinbase import PPM, Recipient
from nompcore.encoding import from_display
from nompcore.errors import EncodingError, TemplateError
from nompcore.job import block_body, build_job, pack_transactions, prepare_job, unpack_transactions
from nompcore.merkle import root_from_branch
from nompcore.messages import Job
from nompcore.template import Template, TemplateTransaction
from tests.unit.chain_samples import RegtestBlock, coin, regtest_blocks

BLOCKS = regtest_blocks()
LITECOIN = coin("litecoin.json")
TEMPLATE = BLOCKS[0].template
POOL_SCRIPT = bytes.fromhex("0014" + "11" * 20)


def job_of(
    template: Template,
    *,
    pool_tag: str = "/nomp/",
    recipients: tuple[Recipient, ...] = (),
    clean: bool = True,
) -> Job:
    return build_job(
        template,
        pool="ltc",
        coin=LITECOIN,
        job_id="a1",
        template_id="t1",
        pool_script=POOL_SCRIPT,
        pool_tag=pool_tag,
        recipients=recipients,
        clean_jobs=clean,
        created_ms=1700000000123,
    )


def test_a_job_carries_what_it_was_asked_to() -> None:
    job = job_of(TEMPLATE, clean=False)

    assert (job.pool, job.job_id, job.template_id) == ("ltc", "a1", "t1")
    assert job.clean_jobs is False
    assert job.created_ms == 1700000000123
    assert job.reward_sats == TEMPLATE.coinbasevalue


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.label)
def test_a_job_says_what_its_template_says(block: RegtestBlock) -> None:
    job, template = block.job, block.template

    assert job.height == template.height
    assert job.version == template.version
    assert job.nbits_hex == template.nbits_hex
    assert job.ntime == template.curtime
    assert int(job.network_target_hex, 16) == template.target
    assert len(job.network_target_hex) == 64
    assert len(job.merkle_branch_hex) == len(template.transactions).bit_length()


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.label)
def test_a_prepared_job_holds_the_bytes_of_the_job(block: RegtestBlock) -> None:
    job, prepared = block.job, block.prepared

    assert prepared.coinb1.hex() == job.coinb1_hex
    assert prepared.coinb2.hex() == job.coinb2_hex
    assert [step.hex() for step in prepared.branch_le] == job.merkle_branch_hex
    assert prepared.prevhash_le == from_display(block.template.prevhash_display)
    assert prepared.network_target == block.template.target
    assert prepared.job is job
    root_le = root_from_branch(from_display(block.coinbase_txid_display), prepared.branch_le)
    assert root_le == from_display(block.merkle_root_display)


def test_a_signed_version_becomes_the_unsigned_one_of_the_header() -> None:
    job = job_of(dataclasses.replace(TEMPLATE, version=-2))

    assert job.version == -2
    assert prepare_job(job, LITECOIN).version == 0xFFFFFFFE


@given(st.integers(0, 2**53), st.lists(st.integers(0, PPM // 4), max_size=4))
def test_the_reward_of_a_job_is_what_recipients_leave(value_sats: int, parts_ppm: list[int]) -> None:
    template = dataclasses.replace(TEMPLATE, coinbasevalue=value_sats)
    job = job_of(template, recipients=tuple(Recipient(POOL_SCRIPT, ppm) for ppm in parts_ppm))

    assert job.reward_sats == value_sats - sum(value_sats * ppm // PPM for ppm in parts_ppm)


def test_a_tag_too_long_for_the_coinbase_is_a_fault_of_the_template() -> None:
    with pytest.raises(TemplateError):
        job_of(dataclasses.replace(TEMPLATE, flags=bytes(50)), pool_tag="x" * 60)


def test_recipients_that_take_more_than_all_are_refused() -> None:
    with pytest.raises(EncodingError):
        job_of(TEMPLATE, recipients=(Recipient(POOL_SCRIPT, PPM + 1),))


@pytest.mark.parametrize(
    "damage",
    [
        {"coinb1_hex": "0"},
        {"coinb2_hex": "xx"},
        {"merkle_branch_hex": ["00"]},
        {"prevhash_hex": "00"},
        {"nbits_hex": "1d00"},
        {"network_target_hex": "00"},
    ],
    ids=str,
)
def test_a_job_that_no_jobmaker_writes_is_refused(damage: dict[str, object]) -> None:
    with pytest.raises(EncodingError):
        prepare_job(msgspec.structs.replace(job_of(TEMPLATE), **damage), LITECOIN)


@given(st.lists(st.binary(max_size=300), max_size=10), st.none() | st.binary(max_size=20), st.booleans())
def test_transactions_survive_the_object_store(
    data: list[bytes], mweb: bytes | None, has_commitment: bool
) -> None:
    template = dataclasses.replace(
        TEMPLATE,
        transactions=tuple(TemplateTransaction(raw, bytes(32)) for raw in data),
        mweb=mweb,
        witness_commitment=b"commitment" if has_commitment else None,
    )

    assert unpack_transactions(pack_transactions(block_body(template))) == BlockBody(
        tuple(data), has_commitment, mweb
    )


def test_packing_adds_little_to_the_bytes_of_the_transactions() -> None:
    transactions = tuple(TemplateTransaction(bytes(400), bytes(32)) for _ in range(100))
    packed = pack_transactions(block_body(dataclasses.replace(TEMPLATE, transactions=transactions)))

    assert len(packed) < 100 * (400 + 5) + 100


@given(st.binary(max_size=40))
def test_bytes_that_are_no_transactions_are_refused(junk: bytes) -> None:
    with pytest.raises(EncodingError):
        unpack_transactions(junk)


def test_transactions_cut_short_are_refused() -> None:
    packed = pack_transactions(block_body(BLOCKS[2].template))

    with pytest.raises(EncodingError):
        unpack_transactions(packed[:-1])
