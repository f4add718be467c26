"""The line a daemon's blocknotify command sends, as bytes to a value (spec 6.4, the form with a password).

    {"password": "...", "coin": "litecoin", "hash": "<64 hex digits>"}

The later form of NOMP, `{"command": "blocknotify", "params": [...]}`, has no password and is refused here:
`command.py` reads it where `cliPort` asks for it.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from nompcore.config import PoolConfig
from services.notifier.refusal import Refusal

HASH = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class Notice:
    """A daemon has a new best block; the hash is empty when the sender did not say."""

    pools: tuple[str, ...]
    block_hash_display: str


class _Line(msgspec.Struct):
    coin: str = ""
    hash: str = ""
    password: str = ""
    command: str = ""


def read_notice(line: bytes, password: str, pools: Mapping[str, tuple[str, ...]]) -> Notice | Refusal:
    """What a line says. `pools` is the result of `pools_by_name`. Never raises.

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
