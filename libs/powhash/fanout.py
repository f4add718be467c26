"""The same bytes to many sockets at once, on more than one core (csrc/fanout*.c).

Where this machine has no library, nothing is sent here: all is left to the caller's own way.
"""

from __future__ import annotations

import errno


def leave_all(fds: list[int], data: bytes, /) -> list[tuple[int, int]]:
    """What `send_to_all` returns where no socket took anything."""
    return [(place, -errno.EAGAIN) for place in range(len(fds))]


try:
    from powhash._native import send_to_all
except ImportError:
    send_to_all = leave_all


__all__ = ["leave_all", "send_to_all"]
