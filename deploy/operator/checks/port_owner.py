"""Which program listens on a port of this machine, as Linux tells in /proc."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from deploy.operator.masking import MASK

PROC = Path("/proc")
_LISTENING = "0A"
_SECRET = re.compile(r"(-\S*(?:pass|secret|token)\S*?[= ])\S+", re.IGNORECASE)


def owner_of(port: int, proc: Path = PROC) -> str | None:
    """The command line of a program that listens there; None where this user may not see it."""
    sockets = {f"socket:[{inode}]" for inode in _inodes(port, proc)}
    for process in proc.glob("[0-9]*"):
        try:
            if any(str(link.readlink()) in sockets for link in (process / "fd").iterdir()):
                return _told((process / "cmdline").read_bytes())
        except OSError:
            continue  # another user's, or just gone
    return None


def _told(command_line: bytes) -> str:
    """A command line without passwords: it is somebody else's, so none of them is known."""
    words = command_line.replace(b"\0", b" ").decode(errors="replace").strip()
    return _SECRET.sub(rf"\1{MASK}", words)


def _inodes(port: int, proc: Path) -> Iterator[str]:
    """Of the sockets that listen on the port, IPv4 and IPv6: columns of /proc/net/tcp."""
    for table in ("tcp", "tcp6"):
        try:
            lines = (proc / "net" / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            columns = line.split()
            if columns[3] == _LISTENING and int(columns[1].rpartition(":")[2], 16) == port:
                yield columns[9]
