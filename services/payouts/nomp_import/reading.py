"""What NOMP's Redis says of a coin, as text. Only read: SCAN, HGETALL, SMEMBERS, ZREVRANGE.

The reading is not of one moment, so NOMP has to be stopped; `plan` looks at the time of the newest share.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from redis import Redis
from redis.exceptions import ResponseError

from services.payouts.nomp_import import dialect
from services.payouts.nomp_import.dialect import Source, round_height
from services.payouts.nomp_import.figures import Unreadable

SCAN_COUNT: Final = 1000

MAX_NAME: Final = 256
"""Stratum's names are shorter; a database index has a limit."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One coin's data. All values are the text that Redis holds."""

    source: Source
    balances: dict[str, str]  # worker → amount
    payouts: dict[str, str]  # worker → coins
    running: dict[str, str]  # worker → difficulty, in the running round
    rounds: dict[int, dict[str, str]]  # height of a found block → worker → difficulty
    pending: tuple[str, ...]  # members of blocksPending
    confirmed: int  # so many blocks, here and below
    orphaned: int
    kicked: int
    stats: dict[str, str]
    newest_share_s: float | None  # unix time
    payment_interrupted: bool
    unreadable: tuple[Unreadable, ...]
    other_keys: tuple[str, ...]


def all_keys(client: Redis) -> list[str]:
    """Every key that is text."""
    found = {_text(key) for key in client.scan_iter(count=SCAN_COUNT)}
    return sorted(key for key in found if key is not None)


def read(client: Redis, source: Source, keys: Iterable[str]) -> Reading:
    """Read one coin; `keys` are all of the database."""
    names = [key.removeprefix(source.prefix) for key in keys if key.startswith(source.prefix)]
    return _Reader(client, source).read(names)


class _Reader:
    """One reading; what is no text on the way is noted."""

    def __init__(self, client: Redis, source: Source) -> None:
        self._client = client
        self._source = source
        self._unreadable: list[Unreadable] = []

    def read(self, names: list[str]) -> Reading:
        rounds = {height: name for name in names if (height := round_height(name)) is not None}
        return Reading(
            source=self._source,
            balances=self._hash(dialect.BALANCES),
            payouts=self._hash(dialect.PAYOUTS),
            running=self._hash(dialect.ROUND_CURRENT),
            rounds={height: self._hash(name) for height, name in sorted(rounds.items())},
            pending=tuple(self._members(dialect.PENDING)),
            confirmed=len(self._members(dialect.CONFIRMED)),
            orphaned=len(self._members(dialect.ORPHANED)),
            kicked=len(self._members(self._source.dialect.kicked)),
            stats=self._hash(dialect.STATS),
            newest_share_s=self._newest_share_s(),
            payment_interrupted=dialect.FINAL_COMMANDS in names,
            unreadable=tuple(self._unreadable),
            other_keys=tuple(self._source.key(name) for name in names if not self._knows(name)),
        )

    def _knows(self, name: str) -> bool:
        return self._source.dialect.knows(name)

    def _hash(self, name: str) -> dict[str, str]:
        answer = self._ask(name, self._client.hgetall)
        texts = ((_text(field), _text(value), field) for field, value in dict(answer or {}).items())
        read = {}
        for field, value, raw in texts:
            if field is None or value is None:
                self._note(name, repr(raw), f"not printable text of at most {MAX_NAME} characters")
            else:
                read[field] = value
        return read

    def _members(self, name: str) -> list[str]:
        read = []
        for member in self._ask(name, self._client.smembers) or ():
            text = _text(member)
            if text is None:
                self._note(name, repr(member), f"not printable text of at most {MAX_NAME} characters")
            else:
                read.append(text)
        return sorted(read)

    def _newest_share_s(self) -> float | None:
        def newest(key: str) -> Any:
            return self._client.zrange(key, 0, 0, desc=True, withscores=True)

        answer = self._ask(dialect.HASHRATE, newest)
        return float(answer[0][1]) if answer else None

    def _ask(self, name: str, command: Any) -> Any:
        try:
            return command(self._source.key(name))
        except ResponseError as error:  # a key of another type
            self._note(name, "the whole key", str(error))
            return None

    def _note(self, name: str, what: str, why: str) -> None:
        self._unreadable.append(Unreadable(self._source.key(name), what, why))


def _text(raw: bytes) -> str | None:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() and len(text) <= MAX_NAME else None
