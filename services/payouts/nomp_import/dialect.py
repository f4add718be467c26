"""NOMP's Redis keys of a coin: the layouts of its two generations. Pure.

| | `later` | `seed` |
|---|---|---|
| between coin and key | `:` | `_` |
| coin's name | lower case | as its file spells it |
| balances | coins, floats as text | integer satoshis |
| a pending block | `hash:txid:height` | `hash:txid:height:reward` in satoshis |
| blocks its wallet did not know | `blocksKicked` | `blocksDropKicked` |
"""

from __future__ import annotations

import enum
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

ROUND_CURRENT = "shares:roundCurrent"
BALANCES, PAYOUTS, STATS, HASHRATE = "balances", "payouts", "stats", "hashrate"
PENDING, CONFIRMED, ORPHANED = "blocksPending", "blocksConfirmed", "blocksOrphaned"
FINAL_COMMANDS = "finalRedisCommands"

_ROUND = re.compile(r"shares:round([0-9]{1,10})\Z")


class Dialect(enum.Enum):
    """A generation of NOMP. `seed` is that of its first README, `later` everything from May 2014 on."""

    LATER = "later"
    SEED = "seed"

    @property
    def separator(self) -> str:
        """What stands between the coin's name and the key's."""
        return ":" if self is Dialect.LATER else "_"

    @property
    def kicked(self) -> str:
        """The set of blocks that NOMP gave up because its wallet did not know them."""
        return "blocksKicked" if self is Dialect.LATER else "blocksDropKicked"

    def knows(self, key: str) -> bool:
        """Whether NOMP writes such a key of a coin (without the coin's name)."""
        plain = {
            ROUND_CURRENT, BALANCES, PAYOUTS, STATS, HASHRATE, PENDING, CONFIRMED, ORPHANED, self.kicked,
            FINAL_COMMANDS,
        }  # fmt: skip
        return key in plain or round_height(key) is not None


def round_height(key: str) -> int | None:
    """The height of a found block whose round a key holds; None for other keys."""
    found = _ROUND.match(key)
    return int(found.group(1)) if found else None


@dataclass(frozen=True, slots=True)
class Source:
    """One coin's keys in one layout; `coin` as these keys spell it."""

    dialect: Dialect
    coin: str

    @property
    def prefix(self) -> str:
        """How its keys begin."""
        return self.coin + self.dialect.separator

    def key(self, name: str) -> str:
        """The whole key."""
        return self.prefix + name


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing is done: lines for the operator."""

    reasons: tuple[str, ...]


def sources(keys: Iterable[str], coin: str) -> list[Source]:
    """Everything in these keys that may be the coin's, whatever its case; the one with most keys first."""
    found: Counter[Source] = Counter()
    for key in keys:
        if not key.casefold().startswith(coin.casefold()):
            continue
        spelled, rest = key[: len(coin)], key[len(coin) :]
        for dialect in Dialect:
            if rest.startswith(dialect.separator) and dialect.knows(rest[1:]):
                found[Source(dialect, spelled)] += 1
    return sorted(found, key=lambda source: (-found[source], source.prefix))


def choose(found: Iterable[Source], coin: str, dialect: Dialect | None) -> Source | Refusal:
    """The one source that is meant; a refusal where there is none, or the operator has to say which."""
    candidates = [source for source in found if dialect in (None, source.dialect)]
    exact = [source for source in candidates if source.coin == coin]
    if len({source.dialect for source in candidates}) == 1 and exact:
        candidates = exact
    if not candidates:
        return Refusal((_nothing(coin),))
    if len(candidates) > 1:
        listed = ", ".join(f"{source.prefix}… ({source.dialect.value})" for source in candidates)
        return Refusal(
            (f"several sources hold data: {listed}; say which with --dialect and the coin's exact case",)
        )
    return candidates[0]


def _nothing(coin: str) -> str:
    return (
        f"this Redis holds no keys of {coin}. Look at the coin's name and at the database number in the URL. "
        "Of a pool in MPOS mode NOMP keeps nothing in Redis: its shares and balances are in MPOS's database, "
        "so there is nothing to import"
    )
