"""What the miner tells: one line for each event, plain or as JSON."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

Write = Callable[[str], object]
"""Takes a line with its newline; what it returns is ignored."""


def plain_line(event: str, facts: dict[str, object]) -> str:
    """`share accepted job=5f block=yes`; texts with spaces are quoted."""
    return " ".join([event, *(f"{name}={_plain(value)}" for name, value in facts.items())])


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f'"{text}"' if " " in text or not text else text


def json_line(event: str, facts: dict[str, object]) -> str:
    """The same as a JSON object."""
    return msgspec.json.encode({"event": event, **facts}).decode()


class Report:
    """Writes lines and counts shares."""

    def __init__(self, write: Write, *, as_json: bool = False) -> None:
        self._write = write
        self._line = json_line if as_json else plain_line
        self.accepted = 0
        self.rejected = 0

    def event(self, name: str, **facts: object) -> None:
        """Anything that happened."""
        self._write(self._line(name, facts) + "\n")

    def share_accepted(self, job_id: str, *, is_block: bool) -> None:
        """A share that counts; `is_block` when it also meets the network's target."""
        self.accepted += 1
        self.event("share accepted", job=job_id, block=is_block, total=self.accepted)

    def share_rejected(self, job_id: str, reason: str) -> None:
        """A share that does not count."""
        self.rejected += 1
        self.event("share rejected", job=job_id, reason=reason, total=self.rejected)
