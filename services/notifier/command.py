"""The lines of NOMP's later command line tool, which know no password (spec 6.4).

{"command": "blocknotify", "params": ["litecoin", "<64 hex digits>"]}
{"command": "coinswitch", "params": ["litecoin", "<switch>"], "options": {"algorithm": "scrypt"}}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from nompcore.switching import SwitchOrder
from services.notifier.notice import HASH, Notice
from services.notifier.refusal import Refusal
from services.notifier.switch_rules import COIN_REQUIRED

AUTHOR = "cliPort"


class _Command(msgspec.Struct):
    command: str = ""
    params: list[str | None] = []
    options: dict[str, Any] = {}


def read_command(line: bytes, pools: Mapping[str, tuple[str, ...]]) -> Notice | SwitchOrder | Refusal | str:
    """What a line asks for, or an answer in NOMP's words where it asks for nothing sensible. Never raises.

    `pools` is the result of `pools_by_name`.
    """
    try:
        said = msgspec.json.decode(line, type=_Command)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Refusal.MALFORMED
    coin, argument, *_ = [param or "" for param in said.params] + ["", ""]
    if said.command not in ("blocknotify", "coinswitch"):
        return f'unrecognized command "{said.command}"'
    if not coin:
        return COIN_REQUIRED
    if said.command == "blocknotify":
        return _notice(coin, argument, pools)
    algorithm = str(said.options.get("algorithm", ""))
    return SwitchOrder(coin=coin, switch=argument, algorithm=algorithm, author=AUTHOR)


def _notice(coin: str, block_hash: str, pools: Mapping[str, tuple[str, ...]]) -> Notice | str:
    if coin.lower() not in pools:
        return f"Block message to coin that is not recognized: {coin}"
    if block_hash and not HASH.fullmatch(block_hash):
        return f"Block hash not recognized: {block_hash}"
    return Notice(pools[coin.lower()], block_hash.lower())
