"""Any bytes as a line at one of the notifier's doors: understood or refused, answered in a bounded text.

An input's first byte chooses the door, the rest is the line.
"""

from __future__ import annotations

from nompcore.switching import SwitchOrder
from services.notifier.command import read_command
from services.notifier.line_listener import MAX_LINE
from services.notifier.notice import HASH, Notice, read_notice
from services.notifier.refusal import Refusal
from services.notifier.switch_line import read_switch_line

PASSWORD = "s3cret"
POOLS = {"litecoin": ("litecoin", "litecoin-2"), "ltc": ("litecoin",)}

Read = Notice | SwitchOrder | Refusal | str


def check_door(data: bytes) -> None:
    """Read one line."""
    door, line = data[:1], data[1 : 1 + MAX_LINE]
    if door == b"n":
        _check_known(read_notice(line, PASSWORD, POOLS), line)
    elif door == b"s":
        _check_known(read_switch_line(line, PASSWORD), line)
    else:
        _check(read_command(line, POOLS))


def _check_known(read: Read, line: bytes) -> None:
    """Nothing is done for who does not know the password."""
    assert not isinstance(read, str)
    if not isinstance(read, Refusal) and b"\\" not in line:
        assert PASSWORD.encode() in line
    _check(read)


def _check(read: Read) -> None:
    if isinstance(read, Notice):
        assert read.pools in POOLS.values()
        assert not read.block_hash_display or HASH.fullmatch(read.block_hash_display)
    elif isinstance(read, str):
        assert len(read.encode()) <= 2 * MAX_LINE
    elif isinstance(read, SwitchOrder):
        assert not read.automatic
        assert len(f"{read.coin}{read.switch}{read.algorithm}".encode()) <= 2 * MAX_LINE
