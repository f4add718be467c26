"""The rules of the chain's family, beside those that every chain has (`simcoind.block_rules`)."""

from __future__ import annotations

from simcoind.block import Block
from simcoind.block_rules import Position
from simcoind.extension_block import check_extension
from simcoind.parameters import ChainParameters
from simcoind.reject import Reject
from simcoind.special_coinbase import check_payload
from simcoind.stake_rules import check_stake


def check_family(block: Block, parameters: ChainParameters, position: Position) -> Reject | None:
    """Judge a block whose shape and place are right. What it must pay is judged where it is connected."""
    reject = check_stake(block) if parameters.has_stake else None
    if reject is None and parameters.form.has_payloads:
        reject = check_payload(block.transactions[0], position.height)
    if reject is None and position.hog_coin is not None:
        reject = check_extension(block, position.hog_coin)
    return reject
