"""The tokens of links that end or confirm a subscription: whoever has one may, without any login. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import Enum

_TOKEN = re.compile(r"([a-z0-9-]{1,64}\.[0-9a-f]{32})\.([0-9a-f]{16})\.([0-9a-f]{32})")


class Purpose(Enum):
    """What a link does."""

    END = "end"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Named:
    """The subscription that a token names: the key of its subscriber, and its own id."""

    key: str
    subscription_id: str


def token_of(purpose: Purpose, named: Named, secret: bytes) -> str:
    """The token: what it names, and a seal."""
    return f"{named.key}.{named.subscription_id}.{_seal(purpose, named, secret)}"


def read_token(purpose: Purpose, token: str, secret: bytes) -> Named | None:
    """What a token of ours names; None for any other text."""
    match = _TOKEN.fullmatch(token)
    if match is None:
        return None
    named = Named(match[1], match[2])
    return named if hmac.compare_digest(_seal(purpose, named, secret), match[3]) else None


def _seal(purpose: Purpose, named: Named, secret: bytes) -> str:
    said = f"{purpose.value}\0{named.key}\0{named.subscription_id}"
    return hmac.new(secret, said.encode(), hashlib.sha256).hexdigest()[:32]
