"""Choosing coins for a transaction and working out its fee and change. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from simcoind.policy import fee_for, is_dust
from simcoind.signature import sized_input
from simcoind.transaction import OutPoint, Transaction, TxInput, TxOutput

FUNDED_SEQUENCE = 0xFFFFFFFE
"""Sequence of an added input: locktime counts, no replacement (BIP 125), as the reference wallet does."""

NO_CHANGE = -1


class FundingError(Exception):
    """The transaction cannot be funded; the text is the reference wallet's."""


@dataclass(frozen=True, slots=True)
class FundingRequest:
    """What to fund: `draft` with its outputs and perhaps inputs, at `fee_rate` sats per 1000 virtual bytes.

    `spent` holds the outputs of the draft's own inputs, `candidates` the coins that may be added. The
    change goes to `change_script` at `change_position`, at the end when None. Outputs named in `fee_payers`
    pay the fee.
    """

    draft: Transaction
    spent: Mapping[OutPoint, TxOutput]
    candidates: Sequence[tuple[OutPoint, TxOutput]]
    fee_rate: int
    change_script: bytes
    change_position: int | None = None
    fee_payers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Funded:
    """A transaction that pays its fee, not yet signed; `change_position` is `NO_CHANGE` without change."""

    transaction: Transaction
    fee_sats: int
    change_position: int


def fund(request: FundingRequest) -> Funded:
    """Add the largest candidates one by one until outputs and fee are covered. Raises FundingError."""
    chosen = dict(request.spent)
    remaining = sorted(request.candidates, key=lambda coin: (-coin[1].value_sats, coin[0]))
    while True:
        funded = _attempt(request, chosen) if chosen else None
        if funded:
            return funded
        if not remaining:
            raise FundingError("Insufficient funds")
        outpoint, output = remaining.pop(0)
        chosen[outpoint] = output


def _attempt(request: FundingRequest, chosen: Mapping[OutPoint, TxOutput]) -> Funded | None:
    """The transaction with exactly these inputs, None when they are too few."""
    draft = replace(request.draft, inputs=_inputs(request.draft, chosen))
    surplus = sum(output.value_sats for output in chosen.values()) - _total(draft)
    position = len(draft.outputs) if request.change_position is None else request.change_position
    with_change = _insert(draft, position, TxOutput(0, request.change_script))
    fee = fee_for(_signed_vsize(with_change, chosen), request.fee_rate)
    change = TxOutput(surplus if request.fee_payers else surplus - fee, request.change_script)
    if change.value_sats > 0 and not is_dust(change):
        paid = _charge(draft, fee, request.fee_payers)
        return Funded(_insert(paid, position, change), fee, position)
    fee = fee_for(_signed_vsize(draft, chosen), request.fee_rate)
    if request.fee_payers:
        return (
            Funded(_charge(draft, fee, request.fee_payers), fee + surplus, NO_CHANGE)
            if surplus >= 0
            else None
        )
    return Funded(draft, surplus, NO_CHANGE) if surplus >= fee else None


def _inputs(draft: Transaction, chosen: Mapping[OutPoint, TxOutput]) -> tuple[TxInput, ...]:
    present = {tx_input.previous for tx_input in draft.inputs}
    added = [TxInput(outpoint, sequence=FUNDED_SEQUENCE) for outpoint in chosen if outpoint not in present]
    return (*draft.inputs, *added)


def _total(transaction: Transaction) -> int:
    return sum(output.value_sats for output in transaction.outputs)


def _insert(transaction: Transaction, position: int, output: TxOutput) -> Transaction:
    outputs = transaction.outputs
    return replace(transaction, outputs=(*outputs[:position], output, *outputs[position:]))


def _charge(transaction: Transaction, fee: int, payers: Sequence[int]) -> Transaction:
    """Take the fee from the paying outputs in equal parts, the remainder from the first of them."""
    if not payers:
        return transaction
    share, remainder = divmod(fee, len(payers))
    outputs = list(transaction.outputs)
    for index in payers:
        cost = share + (remainder if index == payers[0] else 0)
        outputs[index] = replace(outputs[index], value_sats=outputs[index].value_sats - cost)
        if is_dust(outputs[index]) or outputs[index].value_sats < 0:
            raise FundingError("The transaction amount is too small to pay the fee")
    return replace(transaction, outputs=tuple(outputs))


def _signed_vsize(transaction: Transaction, spent: Mapping[OutPoint, TxOutput]) -> int:
    inputs = tuple(sized_input(tx_input, spent[tx_input.previous].script) for tx_input in transaction.inputs)
    return replace(transaction, inputs=inputs).vsize
