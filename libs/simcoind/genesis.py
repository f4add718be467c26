"""The first block of a simulated chain: taken as given, another one for each coin and network."""

from __future__ import annotations

from nompcore.encoding import push_data
from simcoind.block import Block, Header
from simcoind.parameters import ChainParameters
from simcoind.transaction import NULL_VOUT, OutPoint, Transaction, TxInput, TxOutput

GENESIS_NTIME = 1_600_000_000
"""2020-09-13: before anything that runs this, and old enough for the chain to begin in initial download."""


def genesis_block(parameters: ChainParameters) -> Block:
    """A block whose coinbase pays nothing and names the chain."""
    text = f"simcoind {parameters.coin_name} {parameters.chain_name}".encode()[:75]
    nothing = TxOutput(0, b"\x6a")
    coinbase = Transaction(
        1,
        (TxInput(OutPoint(bytes(32), NULL_VOUT), push_data(text)),),
        (nothing,),
        form=parameters.form,
        time=GENESIS_NTIME,
    )
    header = Header(1, bytes(32), coinbase.txid_le, GENESIS_NTIME, parameters.nbits, 0)
    return Block(header, (coinbase,), signature=b"" if parameters.has_stake else None)
