"""What a data directory remembers: a JSON line for all that cannot be worked out from the lines before.

A line is handed to the operating system before its effect is told to anybody, so a killed process forgets
nothing that it had answered; a power cut may take the last seconds, which is all right for a simulation. A
line cut short by a kill is dropped at the next start.
"""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import BinaryIO

import msgspec


class JournalError(Exception):
    """A journal that cannot be continued."""


class ChainRecord(msgspec.Struct, frozen=True, tag="chain"):
    """First line: what the chain was started as; a chain cannot change it."""

    coin_name: str
    chain_name: str
    nbits: int
    maturity: int
    subsidy_sats: int
    halving_interval: int
    family: str = ""


class BlockRecord(msgspec.Struct, frozen=True, tag="block"):
    """A block joined the tree."""

    block_hex: str


class NbitsRecord(msgspec.Struct, frozen=True, tag="nbits"):
    """The difficulty changed for blocks after the tip."""

    nbits: int


class VerdictRecord(msgspec.Struct, frozen=True, tag="verdict"):
    """A block was invalidated or reconsidered by hand."""

    block_hash_display: str
    is_valid: bool


class WalletRecord(msgspec.Struct, frozen=True, tag="wallet"):
    """A wallet was created."""

    name: str
    seed_hex: str


class KeyRecord(msgspec.Struct, frozen=True, tag="key"):
    """A wallet made its next script."""

    wallet: str
    address_type: str
    label: str
    is_change: bool


class TransactionRecord(msgspec.Struct, frozen=True, tag="transaction"):
    """A wallet got to know a transaction outside a block."""

    wallet: str
    transaction_hex: str
    time_seconds: int
    comment: str = ""
    comment_to: str = ""


Record = (
    ChainRecord | BlockRecord | NbitsRecord | VerdictRecord | WalletRecord | KeyRecord | TransactionRecord
)


class Journal:
    """The file. Appending writes a line; `close` ends it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._encoder = msgspec.json.Encoder()

    def append(self, record: Record) -> None:
        """Write one line. It reaches the page cache before this returns."""
        self._file.write(self._encoder.encode(record) + b"\n")

    def close(self) -> None:
        """Give the file back."""
        self._file.close()


def open_journal(path: Path) -> tuple[Journal, list[Record]]:
    """The journal at `path`, made if need be, and what it holds. JournalError for one damaged or in use."""
    file = path.open("a+b", buffering=0)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise JournalError(f"{path} is in use by another process") from error
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    try:
        records = msgspec.json.decode(b"[" + b",".join(whole.splitlines()) + b"]", type=list[Record])
    except msgspec.DecodeError as error:
        file.close()
        raise JournalError(f"{path}: {error}") from error
    file.truncate(len(whole))
    return Journal(file), records
