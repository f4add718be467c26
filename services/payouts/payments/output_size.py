"""What an output weighs, and from which amount on nodes relay it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nompcore.encoding import varint

TRANSACTION_WEIGHT: Final = 400_000
"""Nodes relay no transaction that is heavier."""

OUTPUTS_WEIGHT: Final = 200_000
"""What the outputs of a payment may take of it: some 1,470 of them. The rest is left to inputs: room for 337
of old ones, 735 with witnesses."""

SIGNATURE_WEIGHT: Final = 432
"""What signing adds to an input without witnesses, at most; one with witnesses grows by less."""

FALLBACK_DUST_SATS: Final = 6_000
"""Where the relay fee is not known. Nodes refuse outputs below 546 (Bitcoin) or 5,460 (Litecoin)."""

_DUST_RELAY_FEES: Final = 30
"""Nodes refuse an output whose spending costs too much: three times (Bitcoin) or thirty times (Litecoin) the
fee that relaying the output and its spending takes. They do not tell which, so it is the larger."""

_LEAST_DUST_RATE: Final = 3_000  # sats for 1000 bytes: Bitcoin's, whatever relay fee a node has
_INPUT_BYTES, _WITNESS_INPUT_BYTES = 148, 67  # as nodes count them for this purpose


@dataclass(frozen=True, slots=True)
class OutputSize:
    """What is to know of an output's script."""

    output_bytes: int  # all of the output
    spending_bytes: int  # an input that spends it, as nodes count it

    @property
    def weight(self) -> int:
        """Weight units of the output."""
        return 4 * self.output_bytes

    def dust_sats(self, relay_fee_sats: int | None) -> int:
        """The least amount to send; `relay_fee_sats` for 1000 bytes, None where nobody knows it."""
        if relay_fee_sats is None:
            return FALLBACK_DUST_SATS
        rate = max(_DUST_RELAY_FEES * relay_fee_sats, _LEAST_DUST_RATE)
        return -(-rate * (self.output_bytes + self.spending_bytes) // 1000)


def size_of(script: bytes) -> OutputSize:
    """The size of an output with this script."""
    output_bytes = 8 + len(varint(len(script))) + len(script)
    return OutputSize(output_bytes, _WITNESS_INPUT_BYTES if _is_witness_program(script) else _INPUT_BYTES)


def output_weight(script: bytes) -> int:
    """Weight units of an output."""
    return size_of(script).weight


def _is_witness_program(script: bytes) -> bool:
    """BIP141: a version (OP_0 or OP_1 … OP_16) and one push of 2 to 40 bytes."""
    if not 4 <= len(script) <= 42 or script[1] != len(script) - 2:
        return False
    return script[0] == 0 or 0x51 <= script[0] <= 0x60
