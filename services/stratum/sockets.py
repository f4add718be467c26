"""All miners' sockets of this process, accepted, read and written many in one native call.

asyncio's own transports do the same one by one, which makes half of a login's cost and a tenth of a share's.
"""

from __future__ import annotations

import asyncio
import os
import select
from collections.abc import Callable
from typing import Any

from powhash.sockets import ARENA_BYTES, receive_some, send_each
from services.stratum.miner_socket import NOBODY, MinerSocket


class Sockets:
    """Of one event loop. Descriptors are watched by level: who is not read in one turn is in the next."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._epoll = select.epoll()
        self._arena = bytearray(ARENA_BYTES)
        self._by_descriptor: dict[int, MinerSocket] = {}
        self._to_send: list[MinerSocket] = []
        self._is_due = False  # sending is, at the end of this turn
        self._loop.add_reader(self._epoll.fileno(), self._read)

    def close(self) -> None:
        """Watch nothing more; the sockets should have ended."""
        self._loop.remove_reader(self._epoll.fileno())
        self._epoll.close()

    def add(self, descriptor: int, peer: tuple[str, int], protocol: Callable[[], asyncio.Protocol]) -> None:
        """A connection, from now on read, written and closed here."""
        one = self._by_descriptor[descriptor] = MinerSocket(self, descriptor, peer)
        self.guarded(one, self._begin, one, protocol)

    def _begin(self, one: MinerSocket, protocol: Callable[[], asyncio.Protocol]) -> None:
        one.protocol = protocol()
        one.protocol.connection_made(one)
        one.watch()

    def watch(self, descriptor: int, before: int, wanted: int) -> None:
        """Look out for these events of a descriptor instead of those before."""
        if not before:
            self._epoll.register(descriptor, wanted)
        elif wanted:
            self._epoll.modify(descriptor, wanted)
        else:
            self._epoll.unregister(descriptor)

    def send_soon(self, one: MinerSocket) -> None:
        """Send what it has at the end of this turn."""
        self._to_send.append(one)
        if not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._send)

    def forget(self, one: MinerSocket, reason: Exception | None) -> None:
        """It is over. Its descriptor stays its own until its protocol knows."""
        del self._by_descriptor[one.descriptor]
        self._loop.call_soon(self._end, one, reason)

    def guarded(self, one: MinerSocket, call: Callable[..., None], *arguments: Any) -> None:
        """A bug that one connection meets ends it and nobody else; the loop's handler is told of it."""
        try:
            call(*arguments)
        except Exception as error:  # noqa: BLE001 - told, and not the others' end
            self._fail(one, error)

    def _end(self, one: MinerSocket, reason: Exception | None) -> None:
        protocol, one.protocol = one.protocol, NOBODY
        try:
            protocol.connection_lost(reason)
        finally:
            os.close(one.descriptor)

    def _read(self) -> None:
        happened = receive_some(self._epoll.fileno(), self._arena)
        self._is_due = True  # below, for all together
        for descriptor, what in happened:
            one = self._by_descriptor.get(descriptor)
            if one is None:  # ended by what another one has just said
                continue
            try:
                if isinstance(what, bytes):
                    one.received(what)
                elif what is None:
                    self._offer([one])
                else:
                    one.reading_ended(what)
            except Exception as error:  # noqa: BLE001 - a bug met by one miner is not the others' end
                self._fail(one, error)
        self._send()

    def _send(self) -> None:
        self._is_due = False
        if self._to_send:
            due, self._to_send = self._to_send, []
            self._offer([one for one in due if one.may_send])

    def _offer(self, sockets: list[MinerSocket]) -> None:
        """Everything unsent of theirs to the kernel; what it took is known of all before anybody is told."""
        left = dict(send_each([one.descriptor for one in sockets], [one.unsent for one in sockets]))
        for place, one in enumerate(sockets):
            if place in left:
                one.sent(left[place])
            else:
                one.all_sent()
        for place in left:
            sockets[place].look_at_size()

    def _fail(self, one: MinerSocket, error: Exception) -> None:
        message = "a connection met a bug and is closed"
        self._loop.call_exception_handler(
            {"message": message, "exception": error, "transport": one, "protocol": one.protocol}
        )
        one.abort()
