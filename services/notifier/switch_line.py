"""The line that orders another coin, as bytes to an order (spec 6.4, the form with a password).

    {"password": "...", "coin": "litecoin"}

`switch` may name one switch, `algorithm` those of one algorithm; else all of the coin's algorithm are meant.
"""

from __future__ import annotations

from nompcore.switching import SwitchOrder
from services.notifier.password_line import PasswordLine, read_line
from services.notifier.refusal import Refusal

AUTHOR = "coinSwitchListener"


class _Line(PasswordLine):
    coin: str = ""
    switch: str = ""
    algorithm: str = ""


def read_switch_line(line: bytes, password: str) -> SwitchOrder | Refusal:
    """What a line orders. Never raises."""
    said = read_line(line, _Line, password)
    if isinstance(said, Refusal):
        return said
    return SwitchOrder(coin=said.coin, switch=said.switch, algorithm=said.algorithm, author=AUTHOR)
