"""Each rule of a family is broken by one change to a right block, and refused with the word of that rule."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from simcoind.pubkey import make_pubkey
from simcoind.transaction import OutPoint, Transaction, TxInput, TxOutput, parse_transaction
from tests.simcoind_chain import FOREIGN
from tests.simcoind_families import FAMILIES, Bench, Work, counted

POW_HASH = FAMILIES["plain"].pow_hash
UNDECODABLE = -22


@dataclass(frozen=True, slots=True)
class Spoiling:
    """A change to the right block of a family, and the answer to it."""

    family: str
    answer: object
    change: Callable[[Work], Work]


def coinbase_time(offset: int) -> Callable[[Work], Work]:
    """The coinbase's time moved away from the block's."""
    return lambda work: replace(
        work, coinbase_head=work.coinbase_head[:4] + struct.pack("<I", work.header["time"] + offset)
    )


def paying(script: bytes) -> Callable[[Work], Work]:
    """The reward paid to another script."""
    return lambda work: replace(work, outputs=((work.outputs[0][0], script), *work.outputs[1:]))


def with_output(index: int, value_sats: int, script: bytes | None = None) -> Callable[[Work], Work]:
    """An output worth so much more, at the reward's cost, and perhaps to another script."""

    def change(work: Work) -> Work:
        outputs = list(work.outputs)
        value, old = outputs[index]
        outputs[index] = value + value_sats, old if script is None else script
        outputs[0] = outputs[0][0] - value_sats, outputs[0][1]
        return replace(work, outputs=tuple(outputs))

    return change


def without_output(index: int) -> Callable[[Work], Work]:
    """The coinbase without an output, whose value is lost."""
    return lambda work: replace(work, outputs=(*work.outputs[:index], *work.outputs[index + 1 :]))


def with_tail(change: Callable[[bytes], bytes]) -> Callable[[Work], Work]:
    """Other bytes behind the coinbase's lock time."""
    return lambda work: replace(work, coinbase_tail=change(work.coinbase_tail))


def with_ending(change: Callable[[bytes], bytes]) -> Callable[[Work], Work]:
    """Other bytes behind the transactions."""
    return lambda work: replace(work, ending=change(work.ending))


def without_last(work: Work) -> Work:
    """The block without its last transaction."""
    return replace(work, transactions=work.transactions[:-1], txids_le=work.txids_le[:-1])


def without_commitment(work: Work) -> Work:
    """The block with no witness commitment, and neither with witnesses beside the HogEx."""
    return replace(work, outputs=work.outputs[1:], witness=b"")


def only_last(work: Work) -> Work:
    """The block with the coinbase and the last transaction."""
    return replace(work, transactions=work.transactions[-1:], txids_le=work.txids_le[-1:])


def with_hogex(change: Callable[[Transaction], tuple[Transaction, ...]]) -> Callable[[Work], Work]:
    """The block of the coinbase and what a change makes of the HogEx, without commitment."""

    def spoil(work: Work) -> Work:
        made = change(parse_transaction(work.transactions[-1], FAMILIES["mweb"].form))
        rows = tuple(transaction.serialize() for transaction in made)
        txids = tuple(transaction.txid_le for transaction in made)
        return replace(without_commitment(work), transactions=rows, txids_le=txids)

    return spoil


def flipped(data: bytes, at: int) -> bytes:
    """The bytes with one bit changed."""
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


GOOD_KEY = make_pubkey(b"somebody")
OFF_CURVE = b"\x21\x02" + bytes(31) + b"\x05" + b"\xac"  # 5³ + 7 has no root

SPOILINGS = {
    "single: hashed twice": Spoiling(
        "single sha256", "bad-txnmrklroot", lambda work: replace(work, hashes_once=False)
    ),
    "plain: hashed once": Spoiling("plain", "bad-txnmrklroot", lambda work: replace(work, hashes_once=True)),
    "stake: coinbase without time": Spoiling(
        "stake", UNDECODABLE, lambda work: replace(work, coinbase_head=work.coinbase_head[:4])
    ),
    "stake: coinbase after its block": Spoiling("stake", "bad-tx-time", coinbase_time(1)),
    "stake: coinbase too early": Spoiling("stake", "bad-cb-time", coinbase_time(-7201)),
    "stake: no signature": Spoiling("stake", UNDECODABLE, with_ending(lambda _: b"")),
    "stake: a signature": Spoiling("stake", "bad-blk-signature", with_ending(lambda _: counted(bytes(70)))),
    "stake: pays a key's hash": Spoiling(
        "stake", "bad-cb-payee", paying(b"\x76\xa9\x14" + bytes(20) + b"\x88\xac")
    ),
    "stake: key not on the curve": Spoiling("stake", "bad-cb-payee", paying(OFF_CURVE)),
    "stake: uncompressed key": Spoiling("stake", "bad-cb-payee", paying(b"\x41\x04" + bytes(64) + b"\xac")),
    "stake: key without check": Spoiling("stake", "bad-cb-payee", paying(b"\x21" + GOOD_KEY + b"\xad")),
    "stake: key of 02 and 03 only": Spoiling(
        "stake", "bad-cb-payee", paying(b"\x21\x04" + GOOD_KEY[1:] + b"\xac")
    ),
    "plain: bytes behind the block": Spoiling("plain", UNDECODABLE, with_ending(lambda _: b"\x00")),
    "comments: none": Spoiling("comments", UNDECODABLE, with_tail(lambda _: b"")),
    "plain: a comment": Spoiling("plain", UNDECODABLE, with_tail(lambda _: counted(b"pool"))),
    "dash: no masternode": Spoiling("dash", "bad-cb-payee", without_output(1)),
    "dash: masternode gets less": Spoiling("dash", "bad-cb-payee", with_output(1, -1)),
    "dash: masternode gets more": Spoiling("dash", "bad-cb-payee", with_output(1, 1)),
    "dash: another masternode": Spoiling("dash", "bad-cb-payee", with_output(1, 0, FOREIGN)),
    "dash: half a superblock": Spoiling("dash", "bad-cb-payee", without_output(3)),
    "dash: a sat too much": Spoiling(
        "dash",
        "bad-cb-amount",
        lambda work: replace(work, outputs=((work.outputs[0][0] + 1, FOREIGN), *work.outputs[1:])),
    ),
    "dash: ordinary coinbase": Spoiling(
        "dash",
        "bad-cbtx-type",
        lambda work: replace(work, coinbase_head=b"\x01\x00\x00\x00", coinbase_tail=b""),
    ),
    "dash: version without type": Spoiling(
        "dash",
        "bad-cbtx-type",
        lambda work: replace(work, coinbase_head=b"\x03\x00\x00\x00", coinbase_tail=b""),
    ),
    "dash: another type": Spoiling(
        "dash", "bad-cbtx-type", lambda work: replace(work, coinbase_head=b"\x03\x00\x06\x00")
    ),
    "dash: another payload": Spoiling("dash", "bad-cbtx-payload", with_tail(lambda tail: flipped(tail, -1))),
    "dash: empty payload": Spoiling("dash", "bad-cbtx-payload", with_tail(lambda _: b"\x00")),
    "dash: payload without its length": Spoiling("dash", UNDECODABLE, with_tail(lambda tail: tail[1:])),
    "old dash: no payee": Spoiling("old dash", "bad-cb-payee", without_output(1)),
    "founder: none": Spoiling("founder and treasury", "bad-cb-payee", without_output(1)),
    "treasury: gets less": Spoiling("founder and treasury", "bad-cb-payee", with_output(2, -1)),
    "ecash: fund gets less": Spoiling("ecash", "bad-cb-payee", with_output(1, -1)),
    "ecash: stakers get less": Spoiling("ecash", "bad-cb-payee", with_output(2, -1)),
    "mweb: 01 left out": Spoiling("mweb", "mweb-missing", with_ending(lambda ending: ending[1:])),
    "mweb: extension left out": Spoiling("mweb", UNDECODABLE, with_ending(lambda _: b"")),
    "mweb: said to be absent": Spoiling("mweb", "mweb-missing", with_ending(lambda _: b"\x00")),
    "mweb: another byte": Spoiling(
        "mweb", "mweb-hash-mismatch", with_ending(lambda ending: flipped(ending, -1))
    ),
    "mweb: a byte short": Spoiling("mweb", "mweb-hash-mismatch", with_ending(lambda ending: ending[:-1])),
    "mweb: no HogEx": Spoiling("mweb", "bad-witness-merkle-match", without_last),
    "mweb: no HogEx and no commitment": Spoiling(
        "mweb",
        "mweb-missing",
        lambda work: without_commitment(replace(work, transactions=(), txids_le=())),
    ),
    "mweb: HogEx of another past": Spoiling(
        "mweb",
        "invalid-hogex-input",
        with_hogex(lambda hogex: (replace(hogex, inputs=(TxInput(OutPoint(bytes(32), 0)),)),)),
    ),
    "mweb: HogEx that pays": Spoiling(
        "mweb", "bad-hogex", with_hogex(lambda hogex: (replace(hogex, outputs=(TxOutput(0, FOREIGN),)),))
    ),
    "mweb: two of them": Spoiling(
        "mweb", "bad-hogex-position", with_hogex(lambda hogex: (replace(hogex, locktime=1), hogex))
    ),
    "mweb: unmarked HogEx": Spoiling(
        "mweb", "mweb-missing", with_hogex(lambda hogex: (replace(hogex, is_hogex=False),))
    ),
    "segwit: marked as a HogEx": Spoiling(
        "segwit",
        UNDECODABLE,
        lambda work: replace(
            work, transactions=(work.transactions[0][:5] + b"\x08" + work.transactions[0][6:],)
        ),
    ),
}


@pytest.mark.parametrize("spoiling", SPOILINGS.values(), ids=SPOILINGS)
async def test_a_spoilt_block_is_refused_with_its_reason(spoiling: Spoiling) -> None:
    bench = Bench(FAMILIES[spoiling.family])
    work = await bench.work(await bench.earn())
    block = spoiling.change(work).block(POW_HASH)

    proposed = await bench.answer("getblocktemplate", {"mode": "proposal", "data": block.hex()})
    answer = await bench.submit(block)

    assert answer == spoiling.answer
    assert (proposed["error"]["code"] if proposed["error"] else proposed["result"]) == spoiling.answer
    assert await bench.call("getblockcount") == 4
    assert await bench.submit(work.block(POW_HASH)) is None


ALLOWED = {
    "stake: coinbase two hours early": ("stake", coinbase_time(-7200)),
    "stake: any key on the curve": ("stake", paying(b"\x21" + GOOD_KEY + b"\xac")),
    "comments: an empty one": ("comments", with_tail(lambda _: b"\x00")),
    "comments: version 1 has none": (
        "comments",
        lambda work: replace(work, coinbase_head=b"\x01\x00\x00\x00", coinbase_tail=b""),
    ),
    "ecash: fund gets more": ("ecash", with_output(1, 1)),
    "mweb: only the HogEx needs no commitment": ("mweb", lambda work: without_commitment(only_last(work))),
}


@pytest.mark.parametrize(("family", "change"), ALLOWED.values(), ids=ALLOWED)
async def test_what_a_family_leaves_free_is_accepted(family: str, change: Callable[[Work], Work]) -> None:
    bench = Bench(FAMILIES[family])
    address = await bench.earn()
    if family == "mweb":  # the reward alone pays no fees
        await bench.call("generatetoaddress", 1, address)

    work = change(await bench.work(address))

    assert await bench.submit(work.block(POW_HASH)) is None
