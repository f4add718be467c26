"""Lines out of a stream of bytes, with a cap: what a peer can make us hold is bounded.

NOMP counts a burst of complete lines as flooding as soon as it exceeds the cap (spec 1.1); here the cap is on
a single line, so a miner that sends many shares at once is no flooder.
"""

from __future__ import annotations

MAX_LINE_BYTES = 10 * 1024  # NOMP's limit on unprocessed bytes; the longest honest line is below 1 KiB


class LineTooLongError(Exception):
    """More than `MAX_LINE_BYTES` without a newline: no stratum peer sends that."""


class LineBuffer:
    """Collects received bytes and gives back complete lines, one at a time, without their newline."""

    __slots__ = ("_bytes", "_start", "is_empty")

    def __init__(self) -> None:
        self._bytes = b""
        self._start = 0
        self.is_empty = True  # every byte was given back

    def feed(self, data: bytes) -> None:
        """Add what the socket delivered."""
        self._bytes = data if self.is_empty else self._bytes[self._start :] + data
        self._start = 0
        self.is_empty = False

    def next_line(self) -> bytes | None:
        """The next line that is not empty, or None until more bytes come. Raises LineTooLongError."""
        while self._start < len(self._bytes):
            end = self._bytes.find(b"\n", self._start)
            if end < 0:
                self._check(len(self._bytes))
                return None
            self._check(end)
            line = self._bytes[self._start : end]
            self._start = end + 1
            if line:
                return line
            self._skip_empty_lines()
        self._bytes, self._start, self.is_empty = b"", 0, True
        return None

    def _skip_empty_lines(self) -> None:
        """All that follow at once: a flood of newlines costs us no more than any other bytes."""
        self._start = len(self._bytes) - len(self._bytes[self._start :].lstrip(b"\n"))

    def _check(self, end: int) -> None:
        if end - self._start > MAX_LINE_BYTES:
            raise LineTooLongError
