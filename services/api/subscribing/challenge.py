"""The text that a miner signs: who asks what of whom, when, and a seal by which we know it again. Pure.

Nothing is kept of a text before it comes back signed: any replica that knows the key can tell that one of
them wrote it, and how long ago.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from services.api.subscribing.wants import Want, read_want

VALID_MS = 15 * 60 * 1000
"""Either side of its time: wallets may be on another machine, and replicas' clocks differ a little."""

MAX_TEXT = 1000
NONCE_BYTES = 16

_TIME = "%Y-%m-%dT%H:%M:%SZ"
_TEXT = re.compile(
    r"(?P<portal>\S+): I own (?P<address>\S+) at the pool (?P<pool>[a-z0-9-]+) and ask: (?P<want>[ -~]+) "
    r"\[(?P<time>[0-9T:Z-]{20}) (?P<nonce>[0-9a-f]{32}) (?P<seal>[0-9a-f]{32})\]"
)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the text says. `nonce`: 32 hex digits, of this text only."""

    portal: str
    pool: str
    address: str
    want: Want
    time_ms: int
    nonce: str

    @property
    def ends_ms(self) -> int:
        """Until when it may come back."""
        return self.time_ms + VALID_MS


class NotTaken(Enum):
    """Why a text is not; the value says it in words."""

    FOREIGN = "this is not a text that was given to you to sign, or not all of it"
    EXPIRED = "the text is too old; ask for a new one"


def challenge_text(challenge: Challenge, key: bytes) -> str:
    """The one line to sign. The time is told to the second."""
    time = datetime.fromtimestamp(challenge.time_ms // 1000, UTC).strftime(_TIME)
    said = (
        f"{challenge.portal}: I own {challenge.address} at the pool {challenge.pool} "
        f"and ask: {challenge.want} [{time} {challenge.nonce}"
    )
    return f"{said} {_seal(said, key)}]"


def read_challenge(text: str, key: bytes, now_ms: int) -> Challenge | NotTaken:
    """What a text of ours says. Never raises, whatever it is given."""
    match = _TEXT.fullmatch(text) if len(text) <= MAX_TEXT else None
    if match is None:
        return NotTaken.FOREIGN
    said = text[: match.start("seal") - 1]
    if not hmac.compare_digest(_seal(said, key), match["seal"]):
        return NotTaken.FOREIGN
    want, time_ms = read_want(match["want"]), _time_ms(match["time"])
    if want is None or time_ms is None:
        return NotTaken.FOREIGN
    if abs(now_ms - time_ms) > VALID_MS:
        return NotTaken.EXPIRED
    return Challenge(match["portal"], match["pool"], match["address"], want, time_ms, match["nonce"])


def _time_ms(text: str) -> int | None:
    try:
        return int(datetime.strptime(text, _TIME).replace(tzinfo=UTC).timestamp()) * 1000
    except ValueError:
        return None


def _seal(said: str, key: bytes) -> str:
    sealed = f"challenge\0{said}"
    # half a surrogate pair is no character, but a stranger may send one
    return hmac.new(key, sealed.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]
