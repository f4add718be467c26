"""What a node relays and mines by choice, not by consensus: the smallest fee and the smallest output."""

from __future__ import annotations

from simcoind.reject import Reject
from simcoind.script import is_unspendable, is_witness_program
from simcoind.transaction import Transaction, TxOutput, output_bytes

MIN_RELAY_FEE_RATE = 1_000
"""Sats per 1000 virtual bytes below which a transaction is not relayed (Litecoin's -minrelaytxfee)."""

DUST_FEE_RATE = 30_000
"""Sats per 1000 virtual bytes at which spending an output may not cost more than it holds (Litecoin's)."""

WALLET_FEE_RATE = 10_000
"""What the wallet pays when the call names no rate, as the reference node with -fallbackfee=0.0001."""

_SPEND_SIZE, _WITNESS_SPEND_SIZE = 148, 67
"""Virtual bytes of the input that spends a P2PKH output, or a witness program."""


def fee_for(vsize: int, fee_rate: int) -> int:
    """The fee of `vsize` virtual bytes at a rate in sats per 1000, in sats, rounded up."""
    return -(-vsize * fee_rate // 1000)


def is_dust(output: TxOutput) -> bool:
    """Whether an output holds less than spending it costs."""
    if is_unspendable(output.script):
        return False
    spend_size = _WITNESS_SPEND_SIZE if is_witness_program(output.script) else _SPEND_SIZE
    return output.value_sats < (len(output_bytes(output)) + spend_size) * DUST_FEE_RATE // 1000


def check_policy(transaction: Transaction, fee_sats: int) -> Reject | None:
    """Whether a valid transaction is also worth relaying."""
    if any(is_dust(output) for output in transaction.outputs):
        return Reject("dust")
    wanted = fee_for(transaction.vsize, MIN_RELAY_FEE_RATE)
    if fee_sats < wanted:
        return Reject("min relay fee not met", f"{fee_sats} < {wanted}")
    return None
