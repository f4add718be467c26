"""One miner's socket, as asyncio's protocols know one; its bytes go with those of all others (sockets.py)."""

from __future__ import annotations

import asyncio
import errno
import os
import select
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from services.stratum.sockets import Sockets

NOBODY: Final = asyncio.Protocol()
"""Whose a socket is that has ended: no ring of references for the collector."""

_NOT_NOW = {-errno.EAGAIN, -errno.EWOULDBLOCK}


class MinerSocket(asyncio.Transport):
    """Written bytes leave at the end of the loop's turn, as one."""

    __slots__ = (
        "_high",
        "_is_blocked",
        "_is_closing",
        "_is_full",
        "_is_over",
        "_peer",
        "_reads",
        "_sockets",
        "_watched",
        "descriptor",
        "protocol",
        "unsent",
    )

    def __init__(self, sockets: Sockets, descriptor: int, peer: tuple[str, int]) -> None:
        self._sockets = sockets
        self._peer = peer
        self._high = 0  # unsent bytes at which the protocol is told, 0 for never
        self._is_blocked = False  # the kernel takes no more for now
        self._is_closing = False
        self._is_full = False  # the protocol knows that more than `_high` wait
        self._is_over = False  # the protocol has been told or will be
        self._reads = True
        self._watched = 0  # what the epoll looks out for
        self.descriptor = descriptor
        self.protocol = NOBODY
        self.unsent = b""

    # ---- for the protocol ----

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send at the end of this turn, or as soon as the peer reads again."""
        if self._is_closing or not data:
            return
        if self.unsent:
            self.unsent += data
        else:
            self.unsent = bytes(data)
            self._sockets.send_soon(self)
        if self._is_blocked:
            self.look_at_size()

    def close(self) -> None:
        """Read nothing more, and end when everything is sent."""
        if self._is_closing:
            return
        self._is_closing = True
        if self.unsent:
            self.pause_reading()
        else:
            self.end(None)

    def abort(self) -> None:
        """End without sending what is unsent."""
        self.end(None)

    def pause_reading(self) -> None:
        """Leave in the kernel what comes."""
        self._reads = False
        self.watch()

    def resume_reading(self) -> None:
        """Take it again."""
        if not self._is_closing:
            self._reads = True
            self.watch()

    def is_closing(self) -> bool:
        """Whether nothing more can be written."""
        return self._is_closing

    def get_write_buffer_size(self) -> int:
        """Bytes that the kernel has not taken."""
        return len(self.unsent)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Tell the protocol (`pause_writing`) when more than `high` bytes wait for the peer."""
        self._high = high or 0

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Knows the `peername` only."""
        return self._peer if name == "peername" else default

    # ---- for the loop ----

    def received(self, data: bytes) -> None:
        """The peer said something; also what was read just before somebody paused it."""
        if not self._is_closing:
            self.protocol.data_received(data)

    def reading_ended(self, error: int) -> None:
        """The peer says nothing more: 0 for a proper end, or an errno."""
        if error:
            self.end(OSError(error, os.strerror(error)))
        else:
            self.close()

    def idle_descriptor(self) -> int:
        """What may be written to at once, past this object: nothing waits to be sent before; else -1."""
        return -1 if self.unsent or self._is_closing else self.descriptor

    @property
    def may_send(self) -> bool:
        """Whether it has something to offer, and the kernel room as far as is known."""
        return self.unsent != b"" and not self._is_blocked

    def all_sent(self) -> None:
        """The kernel took all that was unsent."""
        self.unsent = b""
        if self._is_blocked or self._is_closing:
            self.sent(0)

    def sent(self, taken: int) -> None:
        """The kernel was offered all that is unsent: how many bytes it took, or -errno."""
        if taken < 0 and taken not in _NOT_NOW:
            self.end(OSError(-taken, os.strerror(-taken)))
            return
        self.unsent = self.unsent[max(taken, 0) :]
        was_blocked, self._is_blocked = self._is_blocked, self.unsent != b""
        if self._is_blocked or was_blocked:
            self._is_full &= self._is_blocked
            self.watch()
        if self._is_closing and not self.unsent:
            self.end(None)

    def end(self, reason: Exception | None) -> None:
        """Be over: the protocol hears of it in the loop's next turn, then the descriptor is free."""
        if self._is_over:
            return
        self._is_over = self._is_closing = True
        self._is_blocked = self._reads = False
        self.unsent = b""
        self.watch()
        self._sockets.forget(self, reason)

    def watch(self) -> None:
        """Have the loop look out for what this socket waits for."""
        wanted = (select.EPOLLIN if self._reads else 0) | (select.EPOLLOUT if self._is_blocked else 0)
        if wanted != self._watched:
            self._sockets.watch(self.descriptor, self._watched, wanted)
            self._watched = wanted

    def look_at_size(self) -> None:
        """Tell the protocol, once, when the peer leaves too much unread."""
        was_full, self._is_full = self._is_full, 0 < self._high < len(self.unsent)
        if self._is_full and not was_full:
            self._sockets.guarded(self, self.protocol.pause_writing)
