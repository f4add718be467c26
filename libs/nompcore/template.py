"""A getblocktemplate answer (BIP22, BIP23, BIP145), checked and typed. GBT's own names end here."""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

import msgspec

from nompcore.address import NetworkParams
from nompcore.coinbase import Output
from nompcore.encoding import HASH_SIZE, from_display, hex_to_bytes
from nompcore.errors import EncodingError, TemplateError
from nompcore.payees import demanded_outputs
from nompcore.target import target_from_nbits
from powhash.hexadecimal import unhex

_UNDERSTOOD_RULES = ("segwit", "mweb")
"""Rules that may come with "!", which says: do not mine what you do not understand (BIP9)."""


class TemplateTransaction(msgspec.Struct, frozen=True, gc=False):  # thousands a template: quickly made
    """A transaction of the template, as it goes into the block."""

    data: bytes
    txid_le: bytes
    fee_sats: int | None = None  # old daemons do not tell


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
    payees: tuple[Output, ...] = ()  # outputs that the coinbase must have beside the pool's
    coinbase_payload: bytes | None = None  # Dash's DIP 4: what follows the coinbase's lock time
    can_propose: bool = False  # the daemon checks proposed blocks (BIP 23)


_UInt32 = Annotated[int, msgspec.Meta(ge=0, lt=1 << 32)]


class _Transaction(msgspec.Struct, gc=False):
    data: str
    hash: str = ""
    txid: str = ""
    fee: int | None = None


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
    coinbase_payload: str | None = None
    capabilities: list[str] = []


_VALUE = msgspec.json.Decoder(Any, float_hook=Decimal)
_ROWS = msgspec.json.Decoder(list[_Transaction])


def read_answer(fields: Mapping[str, msgspec.Raw]) -> dict[str, Any]:
    """A getblocktemplate answer of fields that are still JSON, as the functions below take it.

    Of the transactions only what matters is read, which spares half the time of a large answer. TemplateError
    where there is no reading them.
    """
    try:
        return {
            name: (_ROWS if name == "transactions" else _VALUE).decode(text) for name, text in fields.items()
        }
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TemplateError(f"the block template is unusable: {error}") from error


def parse_template(
    answer: Mapping[str, Any], network: NetworkParams | None = None, payee_fields: Collection[str] = ()
) -> Template:
    """The typed template; TemplateError names what is missing, contradictory or not understood.

    `network` reads the addresses that the daemon wants paid, `payee_fields` are the coin file's `payees`.
    """
    payees = demanded_outputs(answer, network, payee_fields)
    try:
        return _template(msgspec.convert(dict(answer), _Answer), payees)
    except (msgspec.ValidationError, EncodingError) as error:
        raise TemplateError(f"the block template is unusable: {error}") from error


def parse_bare_template(
    answer: Mapping[str, Any], network: NetworkParams | None = None, payee_fields: Collection[str] = ()
) -> Template | None:
    """The same work with an empty block, which earns no fees: a tenth of the time of the full one or less.

    None where nothing is gained, and where the rest of the coinbase may depend on the transactions. Raises as
    `parse_template`, which still has to judge the transactions.
    """
    fees = _fees(answer)
    known_sats = sum(fee for fee in fees if fee is not None)
    is_bound = any(answer.get(field) for field in ("coinbase_payload", "mweb"))
    value_sats = answer.get("coinbasevalue")
    if not fees or None in fees or is_bound or not isinstance(value_sats, int) or known_sats > value_sats:
        return None
    emptied = {**answer, "transactions": [], "coinbasevalue": value_sats - known_sats}
    bare = parse_template(emptied | {"default_witness_commitment": None}, network, payee_fields)
    return None if bare.payees else bare


def _fees(answer: Mapping[str, Any]) -> list[int | None]:
    try:
        rows = msgspec.convert(answer.get("transactions", []), list[_Transaction])
    except msgspec.ValidationError as error:
        raise TemplateError(f"the block template is unusable: {error}") from error
    return [row.fee for row in rows]


def _template(answer: _Answer, payees: tuple[Output, ...]) -> Template:
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
        transactions=_transactions(answer.transactions),
        witness_commitment=_optional_hex(answer.default_witness_commitment),
        flags=b"".join(hex_to_bytes(value) for value in answer.coinbaseaux.values()),
        mweb=_optional_hex(answer.mweb),
        longpollid=answer.longpollid,
        rules=_rules(answer.rules),
        payees=payees,
        coinbase_payload=_optional_hex(answer.coinbase_payload),
        can_propose="proposal" in answer.capabilities,
    )


def _target(answer: _Answer) -> int:
    target = target_from_nbits(int.from_bytes(hex_to_bytes(answer.bits, 4), "big"))
    if answer.target and int.from_bytes(hex_to_bytes(answer.target, 32), "big") != target:
        raise EncodingError(f"target {answer.target} is not what bits {answer.bits} say")
    return target


def _transactions(rows: Sequence[_Transaction]) -> tuple[TemplateTransaction, ...]:
    """All of them, a field at a time: with a function for each, thousands would take twice as long."""
    # Daemons without segregated witness give only `hash`, which is the id there.
    ids = [row.txid or row.hash for row in rows]
    if set(map(len, ids)) - {2 * HASH_SIZE}:
        raise EncodingError("a transaction's id is not 64 hex digits")
    try:
        data = unhex([row.data for row in rows])
        (joined_ids,) = unhex(["".join(ids)])
    except ValueError as error:
        raise EncodingError(f"a transaction or its id is {error}") from error
    # Reversed as one, they come last first.
    ids_le = reversed(struct.unpack(f"{HASH_SIZE}s" * len(ids), joined_ids[::-1]))
    return tuple(map(TemplateTransaction, data, ids_le, [row.fee for row in rows]))


def _optional_hex(text: str | None) -> bytes | None:
    return hex_to_bytes(text) if text else None


def _rules(rules: list[str]) -> tuple[str, ...]:
    forced = [rule for rule in rules if rule.startswith("!") and rule[1:] not in _UNDERSTOOD_RULES]
    if forced:
        raise EncodingError(f"it needs rules that this version does not know: {forced}")
    return tuple(rules)
