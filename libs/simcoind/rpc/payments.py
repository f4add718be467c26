"""Calls that send a wallet's money in one step."""

from __future__ import annotations

from nompcore.encoding import display
from simcoind.policy import WALLET_FEE_RATE, is_dust
from simcoind.reject import Reject
from simcoind.rpc.amounts import parse_sats
from simcoind.rpc.call import Call
from simcoind.rpc.error import INSUFFICIENT_FUNDS, INVALID_PARAMETER, WALLET, RpcError
from simcoind.rpc.raw_transactions import new_transaction
from simcoind.rpc.wallet_funding import fee_rate_of, fund_or_fail, funding_request
from simcoind.rpc.wallet_signing import sign
from simcoind.transaction import TxOutput
from simcoind.wallet import WalletTransaction


def sendtoaddress(call: Call) -> object:
    """sendtoaddress address amount ( comment comment_to subtractfeefromamount replaceable conf_target
    estimate_mode avoid_reuse fee_rate )"""
    params = call.params
    output = _payment(call, params.text(0), params.value(1))
    payers = (0,) if params.boolean(4, False) else ()
    comments = params.text(2, ""), params.text(3, "")
    return pay(call, [output], payers, fee_rate_of(params.value(9)), *comments)


def sendmany(call: Call) -> object:
    """sendmany dummy {address:amount,...} ( minconf comment [address,...] replaceable conf_target
    estimate_mode fee_rate verbose )"""
    params = call.params
    if params.text(0) != "":
        raise RpcError(INVALID_PARAMETER, 'Dummy value must be set to ""')
    amounts = params.mapping(1)
    outputs = [_payment(call, address, amount) for address, amount in amounts.items()]
    if not outputs:
        raise RpcError(INSUFFICIENT_FUNDS, "Transaction must have at least one recipient")
    paying = set(map(str, params.array(4, [])))
    payers = tuple(index for index, address in enumerate(amounts) if address in paying)
    txid = pay(call, outputs, payers, fee_rate_of(params.value(8)), params.text(3, ""))
    return {"txid": txid, "fee_reason": "Fallback fee"} if params.boolean(9, False) else txid


def _payment(call: Call, address: str, amount: object) -> TxOutput:
    script = call.script_for(address)
    output = TxOutput(parse_sats(amount), script)
    if is_dust(output):
        raise RpcError(INSUFFICIENT_FUNDS, "Transaction amount too small")
    return output


def pay(
    call: Call,
    outputs: list[TxOutput],
    payers: tuple[int, ...] = (),
    fee_rate: int = WALLET_FEE_RATE,
    comment: str = "",
    comment_to: str = "",
) -> str:
    """Send the wallet's money; the txid, display form. Raises RpcError -6 when there is too little."""
    draft = new_transaction(call, tuple(outputs))
    funded = fund_or_fail(call, funding_request(call, draft, fee_rate, payers), INSUFFICIENT_FUNDS)
    wallet, node = call.wallet, call.node
    transaction, _ = sign(call, funded.transaction)
    reject = node.mempool.check(transaction)
    if isinstance(reject, Reject):
        raise RpcError(WALLET, f"Transaction commit failed: {reject}")
    # The wallet remembers first: a payment that the network may see is never unknown to its wallet.
    node.remember(wallet, WalletTransaction(transaction, node.clock(), comment, comment_to))
    node.accept_transaction(transaction)
    return display(transaction.txid_le)
