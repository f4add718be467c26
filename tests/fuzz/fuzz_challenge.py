"""Any text as one that was given to a miner to sign, or as the token of a link: nobody else's is taken.

An input that begins with `w` is what is asked for; then it is sealed by us, which no stranger can do.
"""

from __future__ import annotations

from services.api.subscribing.challenge import MAX_TEXT, Challenge, NotTaken, challenge_text, read_challenge
from services.api.subscribing.links import Named, Purpose, read_token, token_of
from services.api.subscribing.wants import Subscribe, read_want

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
NOW_MS = 1_764_000_000_000
NONCE = "0" * 32


def check_challenge(data: bytes) -> None:
    """Read one text."""
    text = data[1:].decode("utf-8", "surrogateescape")
    if data[:1] == b"w":
        _check_want(text)
        return
    assert type(read_challenge(text, KEY, NOW_MS)) is NotTaken
    for purpose in Purpose:
        assert read_token(purpose, text, KEY) is None


def _check_want(text: str) -> None:
    """Words that ask for something possible ask for the same once sealed, and of nobody with another key."""
    want = read_want(text)
    if want is None or (isinstance(want, Subscribe) and want.problem):
        return
    challenge = Challenge("pool.example", "ltc", "LaddressOne", want, NOW_MS, NONCE)
    sealed = challenge_text(challenge, KEY)
    assert read_want(str(want)) == want
    assert len(sealed) <= MAX_TEXT
    assert read_challenge(sealed, KEY, NOW_MS) == challenge
    assert read_challenge(sealed, OTHER_KEY, NOW_MS) is NotTaken.FOREIGN
    named = Named(f"ltc.{NONCE}", NONCE[:16])
    assert read_token(Purpose.CONFIRM, token_of(Purpose.END, named, KEY), KEY) is None
