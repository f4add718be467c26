"""What a miner's password asks for: `d=` a fixed difficulty, `md=` a minimum for vardiff. Pure.

Pools never check passwords, so miners' settings carry wishes in them: `x`, `d=1024`, `x,d=65536;md=512`.
Anything else is somebody's arbitrary text and means nothing here.
"""

from __future__ import annotations

import re

import msgspec

MAX_DIFFICULTY = 1e30  # no network comes near; what is reckoned from it stays finite

_LOOKED_AT = 256  # characters: more than any list of options, little enough for each authorize
_SEPARATORS = re.compile(r"[,;\s]")
_OPTION = re.compile(
    r"(?:(?P<minimum>md|mindiff)|d|diff)=(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)",
    re.ASCII | re.IGNORECASE,
)


class PasswordOptions(msgspec.Struct, frozen=True):
    """A miner's wishes, in the pool's unit, each in 0 < wish ≤ MAX_DIFFICULTY; None where it has none."""

    difficulty: float | None = None
    minimum: float | None = None


NO_WISHES = PasswordOptions()


def parse_password(password: str) -> PasswordOptions:
    """The wishes in any text: `d=` or `diff=`, `md=` or `mindiff=`, in either case, between `,` `;` blanks.

    The last of each kind counts; what is malformed or out of range counts as not written. Never raises.
    """
    if "=" not in password:
        return NO_WISHES
    wishes: dict[str, float] = {}
    for piece in _pieces(password):
        option = _OPTION.fullmatch(piece)
        number = float(option["number"]) if option else 0.0
        if option and 0 < number <= MAX_DIFFICULTY:
            wishes["minimum" if option["minimum"] else "difficulty"] = number
    return PasswordOptions(**wishes)


def _pieces(password: str) -> list[str]:
    pieces = _SEPARATORS.split(password[: _LOOKED_AT + 1])
    return pieces[:-1] if len(password) > _LOOKED_AT else pieces  # half a number is another number
