"""The line a daemon's blocknotify command sends, as bytes to a value (spec 6.4, the form with a password).

    {"password": "...", "coin": "litecoin", "hash": "<64 hex digits>"}

The later form of NOMP, `{"command": "blocknotify", "params": [...]}`, has no password and is refused here:
`command.py` reads it where `cliPort` asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nompcore.config import PoolConfig
from services.notifier.password_line import PasswordLine, read_line
from services.notifier.refusal import Refusal

HASH = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class Notice:
    """A daemon has a new best block; the hash is empty when the sender did not say."""

    pools: tuple[str, ...]
    block_hash_display: str


class _Line(PasswordLine):
    coin: str = ""
    hash: str = ""


def read_notice(line: bytes, password: str, pools: Mapping[str, tuple[str, ...]]) -> Notice | Refusal:
    """What a line says. `pools` is the result of `pools_by_name`. Never raises."""
    said = read_line(line, _Line, password)
    if isinstance(said, Refusal):
        return said
    if said.hash and not HASH.fullmatch(said.hash):
        return Refusal.MALFORMED
    meant = pools.get(said.coin.lower())
    return Notice(meant, said.hash.lower()) if meant else Refusal.UNKNOWN_COIN


def pools_by_name(pools: Iterable[PoolConfig]) -> dict[str, tuple[str, ...]]:
    """Every name a pool answers to, in lower case: its own, its coin's and the coin's symbol."""
    names: dict[str, tuple[str, ...]] = {}
    for pool in pools:
        for name in sorted({pool.name.lower(), pool.coin.name.lower(), pool.coin.symbol.lower()}):
            names[name] = (*names.get(name, ()), pool.name)
    return names
