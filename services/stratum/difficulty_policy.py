"""How far a port follows what its miners wish for. Pure.

The operator's bounds always win, and the network's difficulty above them: a share that is harder than a block
would hide blocks.

    port without varDiff   its `diff` is the least; above it a miner may choose
    port with varDiff      a miner may choose between `minDiff` and `maxDiff`

Who may choose what: `d=` in the password fixes a difficulty, `mining.suggest_difficulty` and
`mining.suggest_target` choose the one to begin with (vardiff goes on from there), `md=` and BIP 310's
minimum-difficulty choose the least. Wishes are finite and > 0, and so are the answers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from nompcore.encoding import HASH_SIZE, hex_to_bytes
from nompcore.errors import EncodingError
from nompcore.target import difficulty_from_target
from services.stratum.vardiff import VardiffRules


@dataclass(frozen=True, slots=True)
class DifficultyPolicy:
    """One port's: `start` is its `diff`, `vardiff` its rules or None. Difficulties in the pool's unit."""

    start: float
    vardiff: VardiffRules | None

    def fixed(self, wish: float, network: float) -> float:
        """The difficulty to keep for a miner that asks for `wish`; `network` is inf while there is no job."""
        return min(self.minimum(wish), network)

    def suggested(self, wish: float, network: float) -> float:
        """The difficulty to go on with for a miner that suggests `wish`: it reaches as far as `d=`."""
        return self.fixed(wish, network)

    def minimum(self, wish: float) -> float:
        """The least difficulty of a miner that asks for `wish`.

        The network's is left out because it moves: vardiff minds it itself, and without varDiff what is
        announced is `fixed` of this.
        """
        lowest, highest = (
            (self.vardiff.min_diff, self.vardiff.max_diff) if self.vardiff else (self.start, math.inf)
        )
        return max(lowest, min(wish, highest))


def difficulty_of_target_hex(text: str, multiplier: int) -> float | None:
    """The difficulty of mining.suggest_target's 64 hex digits, most significant first; None if they are none.

    A zero target is none either: no hash meets it. `multiplier` is the algorithm's.
    """
    try:
        target = int.from_bytes(hex_to_bytes(text, HASH_SIZE), "big")
    except EncodingError:
        return None
    return difficulty_from_target(target, multiplier) if target else None
