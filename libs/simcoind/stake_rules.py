"""What coins with proof of stake ask of a block with proof of work: times, an empty signature, a paid key.

The rules are Peercoin's, of the time when the daemon signed each block with the key that its coinbase pays.
"""

from __future__ import annotations

from simcoind.block import Block
from simcoind.pubkey import is_pubkey, is_pubkey_script, pubkey_of
from simcoind.reject import Reject
from simcoind.witness_commitment import COMMITMENT_PREFIX

MAX_DRIFT_SECONDS = 2 * 3600
"""How far a block's time may be ahead of its coinbase's."""


def check_stake(block: Block) -> Reject | None:
    """The rules that need nothing but the block."""
    return _check_times(block) or _check_payee(block) or _check_signature(block)


def _check_times(block: Block) -> Reject | None:
    ntime = block.header.ntime
    if ntime > block.transactions[0].time + MAX_DRIFT_SECONDS:
        return Reject("bad-cb-time", "coinbase timestamp is too early")
    if any(transaction.time > ntime for transaction in block.transactions):
        return Reject("bad-tx-time", "block timestamp earlier than transaction timestamp")
    return None


def _check_payee(block: Block) -> Reject | None:
    outputs = block.transactions[0].outputs
    scripts = (output.script for output in outputs if not output.script.startswith(COMMITMENT_PREFIX))
    script = next(scripts, b"")
    if is_pubkey_script(script) and is_pubkey(pubkey_of(script)):
        return None
    return Reject("bad-cb-payee", "the first output pays no public key")


def _check_signature(block: Block) -> Reject | None:
    if block.signature == b"":
        return None
    return Reject("bad-blk-signature", "a block with proof of work comes unsigned")
