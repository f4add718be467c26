"""A getblocktemplate answer (BIP22, BIP23, BIP145), checked and typed. GBT's own names end here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from nompcore.encoding import from_display, hex_to_bytes
from nompcore.errors import EncodingError, TemplateError
from nompcore.target import target_from_nbits

_PAYEES = ("masternode", "superblock", "payee", "masternode_payments", "founderreward", "foundersreward")
"""Fields by which a daemon demands coinbase outputs of its own. A block without them would be refused."""

_UNDERSTOOD_RULES = ("segwit", "mweb")
"""Rules that may come with "!", which says: do not mine what you do not understand (BIP9)."""


@dataclass(frozen=True, slots=True)
class TemplateTransaction:
    """A transaction of the template, as it goes into the block."""

    data: bytes
    txid_le: bytes


@dataclass(frozen=True, slots=True)
class Template:
    """What the daemon wants mined."""

    height: int
    version: int  # may be negative in old coins
    prevhash_display: str
    nbits_hex: str  # 8 digits, big-endian
    target: int
    curtime: int  # Unix seconds
    mintime: int  # Unix seconds; earliest the chain accepts
    coinbasevalue: int  # sats
    transactions: tuple[TemplateTransaction, ...]
    witness_commitment: bytes | None  # output script
    flags: bytes  # what coinbaseaux wants in the coinbase script
    mweb: bytes | None
    longpollid: str
    rules: tuple[str, ...]


_UInt32 = Annotated[int, msgspec.Meta(ge=0, lt=1 << 32)]


class _Transaction(msgspec.Struct):
    data: str
    hash: str = ""
    txid: str = ""


class _Answer(msgspec.Struct):
    height: Annotated[int, msgspec.Meta(ge=1)]
    version: Annotated[int, msgspec.Meta(ge=-(1 << 31), lt=1 << 32)]
    previousblockhash: str
    bits: str
    curtime: _UInt32
    coinbasevalue: Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
    transactions: list[_Transaction]
    target: str = ""
    mintime: _UInt32 = 0
    coinbaseaux: dict[str, str] = {}
    default_witness_commitment: str | None = None
    mweb: str | None = None
    longpollid: str = ""
    rules: list[str] = []


def parse_template(answer: Mapping[str, Any]) -> Template:
    """The typed template; TemplateError names what is missing, contradictory or not understood."""
    demanded = [key for key in _PAYEES if answer.get(key)]
    if demanded:
        raise TemplateError(f"the template demands payments that this version cannot make: {demanded}")
    try:
        return _template(msgspec.convert(dict(answer), _Answer))
    except (msgspec.ValidationError, EncodingError) as error:
        raise TemplateError(f"the block template is unusable: {error}") from error


def _template(answer: _Answer) -> Template:
    from_display(answer.previousblockhash)
    return Template(
        height=answer.height,
        version=answer.version,
        prevhash_display=answer.previousblockhash,
        nbits_hex=answer.bits,
        target=_target(answer),
        curtime=answer.curtime,
        mintime=answer.mintime,
        coinbasevalue=answer.coinbasevalue,
        transactions=tuple(_transaction(row) for row in answer.transactions),
        witness_commitment=_optional_hex(answer.default_witness_commitment),
        flags=b"".join(hex_to_bytes(value) for value in answer.coinbaseaux.values()),
        mweb=_optional_hex(answer.mweb),
        longpollid=answer.longpollid,
        rules=_rules(answer.rules),
    )


def _target(answer: _Answer) -> int:
    target = target_from_nbits(int.from_bytes(hex_to_bytes(answer.bits, 4), "big"))
    if answer.target and int.from_bytes(hex_to_bytes(answer.target, 32), "big") != target:
        raise EncodingError(f"target {answer.target} is not what bits {answer.bits} say")
    return target


def _transaction(row: _Transaction) -> TemplateTransaction:
    # Daemons without segregated witness give only `hash`, which is the id there.
    return TemplateTransaction(hex_to_bytes(row.data), from_display(row.txid or row.hash))


def _optional_hex(text: str | None) -> bytes | None:
    return hex_to_bytes(text) if text else None


def _rules(rules: list[str]) -> tuple[str, ...]:
    forced = [rule for rule in rules if rule.startswith("!") and rule[1:] not in _UNDERSTOOD_RULES]
    if forced:
        raise EncodingError(f"it needs rules that this version does not know: {forced}")
    return tuple(rules)
