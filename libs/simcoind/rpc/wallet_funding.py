"""Funding a transaction with a wallet's coins."""

from __future__ import annotations

from typing import Any

from simcoind.funding import Funded, FundingError, FundingRequest, fund
from simcoind.policy import WALLET_FEE_RATE
from simcoind.rpc.amounts import coins, parse_sats
from simcoind.rpc.call import Call
from simcoind.rpc.error import INVALID_AMOUNT, INVALID_PARAMETER, WALLET, RpcError
from simcoind.rpc.raw_transactions import decode
from simcoind.transaction import OutPoint, Transaction, TxOutput

FUND_OPTIONS = {
    "changeAddress",
    "changePosition",
    "lockUnspents",
    "feeRate",
    "fee_rate",
    "subtractFeeFromOutputs",
}
WITHOUT_MEANING = {
    "add_inputs",
    "change_type",
    "replaceable",
    "conf_target",
    "estimate_mode",
    "includeWatching",
}
"""What the reference node takes beside them; here it changes nothing."""


def fundrawtransaction(call: Call) -> object:
    """fundrawtransaction hexstring ( {changeAddress:str,changePosition:n,lockUnspents:bool,
    feeRate:amount,fee_rate:amount,subtractFeeFromOutputs:[n,...]} )"""
    draft = decode(call, call.params.text(0))
    if not draft.outputs:
        raise RpcError(INVALID_PARAMETER, "TX must have at least one output")
    options = call.params.mapping(1, {})
    unknown = [name for name in options if name not in FUND_OPTIONS | WITHOUT_MEANING]
    if unknown:
        raise RpcError(INVALID_AMOUNT, f"Unexpected key {unknown[0]}")
    change_address = options.get("changeAddress")
    request = funding_request(
        call,
        draft,
        _option_fee_rate(options),
        _positions(options.get("subtractFeeFromOutputs", []), len(draft.outputs)),
        None if change_address is None else call.script_for(str(change_address)),
        _change_position(options.get("changePosition"), len(draft.outputs)),
    )
    funded = fund_or_fail(call, request, WALLET)
    if options.get("lockUnspents") is True:
        call.wallet.locked.update((tx_input.previous, None) for tx_input in funded.transaction.inputs)
    return {
        "hex": funded.transaction.serialize().hex(),
        "fee": coins(funded.fee_sats),
        "changepos": funded.change_position,
    }


def _option_fee_rate(options: dict[str, Any]) -> int:
    """`fee_rate` is in sats per virtual byte, the older `feeRate` in coins per 1000 of them."""
    if options.get("feeRate") is not None:
        return parse_sats(options["feeRate"])
    return fee_rate_of(options.get("fee_rate"))


def _change_position(value: object, outputs: int) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= outputs:
        raise RpcError(INVALID_PARAMETER, "changePosition out of bounds")
    return value


def _positions(value: object, outputs: int) -> tuple[int, ...]:
    rows = value if isinstance(value, list) else [value]
    if any(isinstance(row, bool) or not isinstance(row, int) or not 0 <= row < outputs for row in rows):
        raise RpcError(INVALID_PARAMETER, "Invalid parameter, value out of bounds")
    if len(set(rows)) != len(rows):
        raise RpcError(INVALID_PARAMETER, "Invalid parameter, duplicated position")
    return tuple(rows)


def funding_request(
    call: Call,
    draft: Transaction,
    fee_rate: int,
    payers: tuple[int, ...],
    change_script: bytes | None = None,
    change_position: int | None = None,
) -> FundingRequest:
    """A funding request over the wallet's spendable coins, with a new change address unless one is given."""
    wallet, node = call.wallet, call.node
    spent: dict[OutPoint, TxOutput] = {}
    for tx_input in draft.inputs:
        utxo = node.mempool.unspent(tx_input.previous)
        if utxo is None:
            raise RpcError(WALLET, "Unable to find UTXO for external input")
        spent[tx_input.previous] = utxo.output
    if change_script is None:
        change_script = node.derive(wallet, wallet.keys.default_type, is_change=True).script
    coins_at_hand = [
        (coin.outpoint, coin.output) for coin in wallet.spendable() if coin.outpoint not in spent
    ]
    return FundingRequest(draft, spent, coins_at_hand, fee_rate, change_script, change_position, payers)


def fund_or_fail(call: Call, request: FundingRequest, complaint: int) -> Funded:
    """The funded transaction. Raises RpcError with `complaint` as its code."""
    try:
        return fund(request)
    except FundingError as error:
        raise RpcError(complaint, str(error)) from error


def fee_rate_of(value: object) -> int:
    """Sats per 1000 virtual bytes of a rate given in sats per virtual byte."""
    if value is None:
        return WALLET_FEE_RATE
    # The amount's parser is exact; a rate has three decimals at most.
    return parse_sats(value) // 100_000
