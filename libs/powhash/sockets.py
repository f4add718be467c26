"""Many sockets of a server in one native call (csrc/sockets*.c, csrc/fanout*.c).

Where this machine has no library or no epoll, `AVAILABLE` is False, and calling any of these is a bug.
"""

from __future__ import annotations

from typing import Any

try:
    from powhash._native import accept_some, receive_some, send_each, send_to_all
except ImportError:
    AVAILABLE = False

    def _missing(*arguments: Any) -> Any:
        raise RuntimeError("there is no native library here")

    accept_some = receive_some = send_each = send_to_all = _missing
else:
    AVAILABLE = True

ARENA_BYTES = 256 * 1024
"""What `receive_some` reads into, of each of up to 128 sockets an equal part of it and at most 16 KB."""

__all__ = ["ARENA_BYTES", "AVAILABLE", "accept_some", "receive_some", "send_each", "send_to_all"]
