"""The kinds of values a key can hold, each with the words that tell an operator what is expected.

Numbers may be written as text: NOMP's own examples do ("port": "3333"), and `${VAR}` yields text.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_core import PydanticCustomError

# The money supply of no known coin comes near; in a coin of eight decimals it still fits 63 bits.
MAX_COINS = 10**10


@dataclass(frozen=True, slots=True)
class Expected:
    """What may stand here, as it reads after the word "expected"."""

    text: str


def _refuse_boolean(value: object) -> object:
    """Python counts True as 1; a config file must not."""
    if isinstance(value, bool):
        raise ValueError("a boolean is not a number")
    return value


def _parse_switch(value: object) -> object:
    """Exactly true and false, or their names: "yes", 1 and "on" are left to be refused."""
    words: dict[object, bool] = {"true": True, "false": False}
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or value not in words:
        raise ValueError("neither true nor false")
    return words[value]


def _parse_forks(value: object) -> object:
    """ "auto" becomes 0, which no operator can write."""
    if value == "auto":
        return 0
    if isinstance(value, bool) or value in (0, "0"):
        raise ValueError("no number of processes")
    return value


def _require_url(value: SecretStr) -> SecretStr:
    """An empty text is what `${VAR:-}` gives: no URL."""
    url = value.get_secret_value()
    if url and not url.startswith(("http://", "https://")):
        raise PydanticCustomError("url", "expected a URL that begins with http:// or https://")
    return value


def _require_network(text: str) -> str:
    """One address is a network of one."""
    return str(ipaddress.ip_network(text))


def _parse_tls(value: object) -> object:
    """Exactly true, false and "auto"."""
    words = {"true": "on", "false": "off", "auto": "auto"}
    word = str(value).lower() if isinstance(value, bool) else value
    if not isinstance(word, str) or word not in words:
        raise ValueError("none of the three")
    return words[word]


_NUMBER = BeforeValidator(_refuse_boolean)

Switch = Annotated[bool, BeforeValidator(_parse_switch), Expected("true or false")]
Text = Annotated[str, Field(min_length=1), Expected("text")]
Secret = Annotated[SecretStr, Expected("text")]
SecretUrl = Annotated[SecretStr, AfterValidator(_require_url), Expected("a URL")]
NetworkText = Annotated[
    str, AfterValidator(_require_network), Expected('an IP address or network, such as "10.0.0.0/8"')
]
VersionMask = Annotated[str, Field(pattern="^[0-9a-fA-F]{8}$"), Expected("8 hex digits")]
TlsMode = Annotated[
    Literal["off", "on", "auto"], BeforeValidator(_parse_tls), Expected('true, false or "auto"')
]
SchemeName = Annotated[
    Literal["prop", "pplns", "pplnt", "solo", "pps", "score"],
    Expected('"prop", "pplns", "pplnt", "solo", "pps" or "score"'),
]
WindowFactor = Annotated[
    Decimal, _NUMBER, Field(gt=0, le=1000, allow_inf_nan=False), Expected("a number above 0, at most 1000")
]
FilePath = Annotated[Path, Expected("the path of a file")]
PortNumber = Annotated[int, _NUMBER, Field(ge=1, le=65535), Expected("a port number (1 to 65535)")]
Count = Annotated[int, _NUMBER, Field(ge=1), Expected("a whole number above 0")]
WholeNumber = Annotated[int, _NUMBER, Field(ge=0), Expected("a whole number, 0 or more")]
Positive = Annotated[float, _NUMBER, Field(gt=0, allow_inf_nan=False), Expected("a number above 0")]
NotNegative = Annotated[float, _NUMBER, Field(ge=0, allow_inf_nan=False), Expected("a number, 0 or more")]
Percent = Annotated[
    float, _NUMBER, Field(ge=0, le=100, allow_inf_nan=False), Expected("a percentage from 0 to 100")
]
ExactPercent = Annotated[
    Decimal, _NUMBER, Field(gt=0, lt=100, allow_inf_nan=False), Expected("a percentage above 0 and below 100")
]
Fraction = Annotated[
    Decimal,
    _NUMBER,
    Field(ge=0, lt=1, allow_inf_nan=False),
    Expected("a fraction from 0 to below 1 (0.02 means 2 percent)"),
]
Coins = Annotated[
    Decimal,
    _NUMBER,
    Field(ge=0, le=MAX_COINS, allow_inf_nan=False),
    Expected("an amount of coins, 0 or more"),
]
Forks = Annotated[
    int, BeforeValidator(_parse_forks), Field(ge=0), Expected('"auto" or a whole number above 0')
]
PoolTag = Annotated[
    str,
    # coinbase scripts end at 100 bytes, of which height, extranonce and the daemon's flags need a part
    Field(max_length=64, pattern=r"^[\x20-\x7e]*$"),
    Expected("up to 64 printable ASCII characters"),
]
