"""Which scheme a configuration means, and the text in which the ledger remembers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from nompcore.config import SchemeConfig
from services.payouts.schemes.pplns import Pplns
from services.payouts.schemes.pplnt import Pplnt
from services.payouts.schemes.pps import Pps
from services.payouts.schemes.prop import Prop
from services.payouts.schemes.score import Score
from services.payouts.schemes.solo import Solo

AnyScheme = Prop | Pplns | Pplnt | Solo | Pps | Score

_DECODER: Final[msgspec.json.Decoder[AnyScheme]] = msgspec.json.Decoder(AnyScheme)

_BY_NAME: Final[Mapping[str, Callable[[SchemeConfig], AnyScheme]]] = {
    "prop": lambda _: Prop(),
    "pplns": lambda config: Pplns(config.window_ppm),
    "pplnt": lambda config: Pplnt(config.window_seconds),
    "solo": lambda _: Solo(),
    "pps": lambda _: Pps(),
    "score": lambda config: Score(config.score_seconds),
}


def scheme_named(name: str, config: SchemeConfig) -> AnyScheme:
    """The scheme of this name with the pool's parameters."""
    return _BY_NAME[name](config)


def encode(scheme: AnyScheme) -> str:
    """The scheme as text: equal for equal schemes."""
    return msgspec.json.encode(scheme).decode()


def decode(text: str) -> AnyScheme:
    """The inverse of `encode`."""
    return _DECODER.decode(text)
