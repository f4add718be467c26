"""The line that orders another coin, as bytes to an order (spec 6.4, the form with a password).

    {"password": "...", "coin": "litecoin"}

`switch` may name one switch, `algorithm` those of one algorithm; else all of the coin's algorithm are meant.
"""

from __future__ import annotations

import hmac

import msgspec

from nompcore.switching import SwitchOrder
from services.notifier.refusal import Refusal

AUTHOR = "coinSwitchListener"


class _Line(msgspec.Struct):
    coin: str = ""
    switch: str = ""
    algorithm: str = ""
    password: str = ""
    command: str = ""


def read_switch_line(line: bytes, password: str) -> SwitchOrder | Refusal:
    """What a line orders. Never raises.

    The password is compared before anything else is looked at, in time that does not depend on it.
    """
    try:
        said = msgspec.json.decode(line, type=_Line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Refusal.MALFORMED
    if said.command:
        return Refusal.NO_PASSWORD
    if not hmac.compare_digest(said.password.encode(), password.encode()):
        return Refusal.WRONG_PASSWORD
    return SwitchOrder(coin=said.coin, switch=said.switch, algorithm=said.algorithm, author=AUTHOR)
