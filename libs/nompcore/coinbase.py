"""The coinbase transaction, cut into two halves around the extranonce that stratum and the miner fill in.

    version [‖ time] ‖ 01 ‖ null outpoint ‖ script length ‖ script ‖ sequence ‖ outputs ‖ locktime [‖ comment]
                                                                                               [‖ payload]
    script = push(height) ‖ coinbaseaux flags [‖ push(mark)] ‖ 08 extranonce1 extranonce2 ‖ push(pool tag)
                                                 └ coinb1 ends, coinb2 begins ┘

The halves hold no witness; `nompcore.block` adds it where the block commits to witnesses.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from nompcore.encoding import push_data, push_int, varint
from nompcore.errors import EncodingError, TemplateError

EXTRANONCE1_SIZE = EXTRANONCE2_SIZE = 4
"""Bytes: four from us tell 2^32 connections apart, four from the miner give 2^64 headers a job."""

EXTRANONCE_ROOM = EXTRANONCE1_SIZE + EXTRANONCE2_SIZE
"""Bytes in the script of a coinbase of ours; smaller extranonces stand behind zeros."""

PPM = 1_000_000
"""Parts per million: the unit of a recipient's share of the reward."""

MAX_SCRIPT_SIZE = 100  # bytes; consensus
_NULL_OUTPOINT = bytes(32) + b"\xff\xff\xff\xff"
# NOMP writes 00000000. Both are final under a lock time of 0; ffffffff says so by itself and is what wallets
# and explorers expect of a coinbase.
_SEQUENCE = b"\xff\xff\xff\xff"
_LOCKTIME = bytes(4)
_SPECIAL_COINBASE_VERSION = 5 << 16 | 3  # DIP 2: type 5, a coinbase, in the upper half


@dataclass(frozen=True, slots=True)
class ExtranonceSizes:
    """How many bytes of a coinbase stratum fills in, and how many the miner; together at most 8."""

    extranonce1: int = EXTRANONCE1_SIZE
    extranonce2: int = EXTRANONCE2_SIZE

    @property
    def total(self) -> int:
        """Bytes between coinb1 and coinb2."""
        return self.extranonce1 + self.extranonce2


ORDINARY_EXTRANONCES = ExtranonceSizes()


@dataclass(frozen=True, slots=True)
class Output:
    """A transaction output."""

    value_sats: int
    script: bytes


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody paid by the coinbase itself, with `ppm` parts per million of its value, rounded down."""

    script: bytes
    ppm: int


@dataclass(frozen=True, slots=True)
class CoinbaseSpec:
    """What a coinbase has to say and to pay."""

    height: int
    value_sats: int  # all of it is paid out: fees and subsidy
    pool_script: bytes
    pool_tag: bytes = b""
    recipients: tuple[Recipient, ...] = ()
    witness_commitment: bytes | None = None  # output script of BIP141
    aux_flags: bytes = b""
    tx_messages: bool = False  # the coin's transactions may end with a comment: version 2, the pool tag
    payees: tuple[Output, ...] = ()  # what the chain demands; paid before recipients get their parts
    time: int | None = None  # Unix seconds; only transactions of proof-of-stake coins hold one
    mark: bytes = b""  # tells jobs apart that are alike otherwise; left out where it does not fit
    payload: bytes | None = None  # DIP 4: makes the coinbase a special transaction
    extranonces: ExtranonceSizes = ORDINARY_EXTRANONCES


@dataclass(frozen=True, slots=True)
class CoinbaseParts:
    """Transaction = coinb1 ‖ extranonce1 ‖ extranonce2 ‖ coinb2; `reward_sats` is the pool script's part."""

    coinb1: bytes
    coinb2: bytes
    reward_sats: int


def build_coinbase(spec: CoinbaseSpec) -> CoinbaseParts:
    """The two halves; TemplateError if the script does not fit, EncodingError if parts exceed the value."""
    script_start, script_end = push_int(spec.height) + spec.aux_flags, push_data(spec.pool_tag)
    mark, script_size = push_data(spec.mark), len(script_start) + 1 + EXTRANONCE_ROOM + len(script_end)
    if script_size + len(mark) <= MAX_SCRIPT_SIZE:
        script_start, script_size = script_start + mark, script_size + len(mark)
    script_start += bytes([EXTRANONCE_ROOM])
    if script_size > MAX_SCRIPT_SIZE:
        raise TemplateError(f"the coinbase script would have {script_size} bytes of {MAX_SCRIPT_SIZE}")
    outputs, reward_sats = coinbase_outputs(spec)
    comment = varint(len(spec.pool_tag)) + spec.pool_tag if spec.tx_messages else b""
    payload = b"" if spec.payload is None else varint(len(spec.payload)) + spec.payload
    padding = bytes(EXTRANONCE_ROOM - spec.extranonces.total)
    return CoinbaseParts(
        coinb1=_head(spec) + b"\x01" + _NULL_OUTPOINT + varint(script_size) + script_start + padding,
        coinb2=script_end + _SEQUENCE + _serialize_outputs(outputs) + _LOCKTIME + comment + payload,
        reward_sats=reward_sats,
    )


def _head(spec: CoinbaseSpec) -> bytes:
    """Version and, in proof-of-stake coins, time."""
    version = _SPECIAL_COINBASE_VERSION if spec.payload is not None else 2 if spec.tx_messages else 1
    return struct.pack("<I", version) + (b"" if spec.time is None else struct.pack("<I", spec.time))


def coinbase_outputs(spec: CoinbaseSpec) -> tuple[list[Output], int]:
    """Witness commitment, pool, payees, recipients, in this order, and the pool's amount.

    They sum to the value. Recipients get their parts of what the payees leave.
    """
    if any(recipient.ppm < 0 for recipient in spec.recipients):
        raise EncodingError("a recipient's part of the reward is negative")
    left_sats = spec.value_sats - sum(payee.value_sats for payee in spec.payees)
    if left_sats < 0:
        raise TemplateError("the payments that the template demands exceed its value")
    paid = [Output(left_sats * recipient.ppm // PPM, recipient.script) for recipient in spec.recipients]
    reward_sats = left_sats - sum(output.value_sats for output in paid)
    if reward_sats < 0:
        raise EncodingError("the recipients' parts exceed the reward")
    commitment = [Output(0, spec.witness_commitment)] if spec.witness_commitment else []
    return [*commitment, Output(reward_sats, spec.pool_script), *spec.payees, *paid], reward_sats


def _serialize_outputs(outputs: list[Output]) -> bytes:
    rows = (struct.pack("<q", o.value_sats) + varint(len(o.script)) + o.script for o in outputs)
    return varint(len(outputs)) + b"".join(rows)
