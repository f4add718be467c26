"""Coinbase outputs that a template demands beside the pool's: masternodes, superblocks, founders, treasuries.

Daemons demand them in several dialects, and refuse a block that lacks one. A field that looks like a demand
but is not known is an error, not a guess: the coin file's `payees` may add its name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from nompcore.address import NetworkParams, script_for
from nompcore.coinbase import Output
from nompcore.encoding import hex_to_bytes
from nompcore.errors import EncodingError, TemplateError

FIELDS = (
    "masternode", "superblock", "znode", "evoznode", "xnode", "smartnode", "systemnode", "fivegnode",
    "founder", "founders", "founderreward", "foundersreward", "foundation", "treasury", "community",
    "devfund", "devreward", "minernode",
)  # fmt: skip
"""Fields of Dash and its relatives: an object, or a list of objects, of payee or script, and amount."""

_PAIRS = (
    ("payee", "payee_amount"),  # Darkcoin's first form
    ("CommunityAutonomousAddress", "CommunityAutonomousValue"),  # relatives of Ravencoin
)

_FIFTH = 5
"""What a masternode gets of the reward where the daemon does not tell (spec 2.3): a fifth, rounded up."""


def demanded_outputs(
    answer: Mapping[str, Any], network: NetworkParams | None, more_fields: Collection[str] = ()
) -> tuple[Output, ...]:
    """The outputs by field, the coin file's fields last. TemplateError where one is unclear."""
    fields = (*FIELDS, *more_fields)
    _refuse_unknown(answer, fields)
    demands = [*_of_fields(answer, fields), *_of_pairs(answer), *_of_coinbasetxn(answer)]
    try:
        return tuple(
            Output(_amount(name, amount), _script(name, script, address, network))
            for name, amount, script, address in demands
        )
    except EncodingError as error:
        raise TemplateError(f"the template demands a payment that cannot be made: {error}") from error


_Demand = tuple[str, object, object, object]
"""Field, amount, script in hex or nothing, address or nothing: as the daemon wrote them."""


def _of_fields(answer: Mapping[str, Any], fields: Collection[str]) -> Iterator[_Demand]:
    for name in fields:
        for row in _rows(answer.get(name)):
            if row.get("amount"):  # empty objects stand for "nobody yet"
                yield name, row["amount"], row.get("script"), row.get("payee") or row.get("address")


def _of_pairs(answer: Mapping[str, Any]) -> Iterator[_Demand]:
    for name, amount_name in _PAIRS:
        address = answer.get(name)
        if address:
            amount = answer.get(amount_name) or -(-int(answer.get("coinbasevalue") or 0) // _FIFTH)
            yield name, amount, None, address


def _of_coinbasetxn(answer: Mapping[str, Any]) -> Iterator[_Demand]:
    """eCash's form: a miner fund and staking rewards, each with the least amount the chain accepts."""
    wanted = answer.get("coinbasetxn")
    wanted = wanted if isinstance(wanted, Mapping) else {}
    for fund in _rows(wanted.get("minerfund")):
        if fund.get("minimumvalue") and fund.get("addresses"):
            yield "minerfund", fund["minimumvalue"], None, fund["addresses"][0]
    for stake in _rows(wanted.get("stakingrewards")):
        if stake.get("minimumvalue"):
            script = stake.get("payoutscript") or {}
            yield "stakingrewards", stake["minimumvalue"], script.get("hex"), None


def _rows(value: object) -> list[Mapping[str, Any]]:
    """A field's demands: it holds one, or a list of them, or none."""
    candidates = value if isinstance(value, list) else [value]
    return [candidate for candidate in candidates if isinstance(candidate, Mapping)]


def _refuse_unknown(answer: Mapping[str, Any], fields: Collection[str]) -> None:
    if answer.get("votes"):
        raise TemplateError("the template wants masternode votes in the block, which no living coin does")
    known = {*fields, "transactions"}
    unknown = [
        name
        for name, value in answer.items()
        if name not in known and any(row.get("amount") and _names_somebody(row) for row in _rows(value))
    ]
    if unknown:
        text = f"the template demands payments in fields that nobody named: {unknown}"
        raise TemplateError(f"{text}; if the coin wants them, add them to `payees` of the coin file")


def _names_somebody(row: Mapping[str, Any]) -> bool:
    return bool(row.get("payee") or row.get("script"))


def _amount(name: str, amount: object) -> int:
    if not isinstance(amount, int) or isinstance(amount, bool) or amount < 0:
        raise EncodingError(f"{name}: {amount!r} is not an amount in the smallest unit")
    return amount


def _script(name: str, script: object, address: object, network: NetworkParams | None) -> bytes:
    if isinstance(script, str) and script:
        return hex_to_bytes(script)
    if not isinstance(address, str) or not address:
        raise EncodingError(f"{name}: neither a script nor an address")
    if network is None:
        raise EncodingError(f"{name}: an address without a network to read it in")
    return script_for(address, network)
