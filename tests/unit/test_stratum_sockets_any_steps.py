"""Whatever miners and their peers do: each stream is what was written, once and in order."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from powhash.sockets import AVAILABLE
from tests.socket_stage import SocketStage, Told, open_sockets

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="no hash library: test_hash_library_build.py says so")

MINERS = 3

# Any part of it occurs once, so that a loss, a repetition or another's bytes cannot look right.
SAID = [random.Random(number).randbytes(1 << 22) for number in range(2 * MINERS)]

ENDS = ["close", "abort", "peer ends", "peer closes"]
SIZES = st.one_of(st.integers(0, 2000), st.integers(0, 200_000))
STEPS = st.lists(
    st.tuples(
        st.integers(0, MINERS - 1),
        st.sampled_from(
            ["write", "write", "read", "say", "say", "turn", "turn", "pause", "resume", *ENDS]
        ),
        SIZES,
    ),
    max_size=40,
)  # fmt: skip


@dataclass(slots=True)
class Line:
    """A miner and its peer, and what each said and heard so far."""

    told: Told
    peer: socket.socket
    ours: bytes  # what the miner's side is to write, from its beginning
    theirs: bytes
    written: int = 0
    said: int = 0
    read: bytes = b""
    is_cut: bool = False  # somebody gave up what was on its way

    async def step(self, stage: SocketStage, what: str, size: int) -> None:
        match what:
            case "write":
                self.write(size)
            case "read":
                self.hear(size)
            case "say":
                self.say(size)
            case "turn":
                await stage.turns(1)
            case "pause":
                self.told.socket.pause_reading()
            case "resume":
                self.told.socket.resume_reading()
            case "close":
                self.is_cut |= self.said > len(self.told.heard)
                self.told.socket.close()
            case "abort":
                self.is_cut = True
                self.told.socket.abort()
            case "peer ends":
                self.shut()
            case "peer closes":
                self.is_cut = True
                self.peer.close()

    def write(self, size: int) -> None:
        data = self.ours[self.written : self.written + size]
        if not self.told.socket.is_closing():
            self.written += len(data)
        self.told.socket.write(data)

    def hear(self, size: int) -> None:
        try:
            self.read += self.peer.recv(size)
        except BlockingIOError:
            pass
        except OSError:  # it has closed, or we have without having read what it said
            self.is_cut = True

    def say(self, size: int) -> None:
        self.is_cut |= self.told.socket.is_closing()  # which hears no more
        try:
            self.said += self.peer.send(self.theirs[self.said : self.said + size])
        except BlockingIOError:
            pass
        except OSError:
            self.is_cut = True

    def shut(self) -> None:
        try:
            self.peer.shutdown(socket.SHUT_WR)
        except OSError:
            self.is_cut = True

    async def finish(self, stage: SocketStage) -> None:
        """Read and say what is left, and end."""
        self.told.socket.resume_reading()
        if not self.is_cut and not self.told.socket.is_closing():
            await stage.until(lambda: len(self.told.heard) == self.said)
        self.told.socket.close()
        if self.peer.fileno() >= 0:
            try:
                self.read += await stage.read_to_the_end(self.peer)
            except ConnectionError:
                self.is_cut = True
        await stage.until(lambda: self.told.lost)

    def check(self) -> None:
        heard = self.told.heard
        assert heard == self.theirs[: len(heard)]
        assert self.read == self.ours[: len(self.read)]
        assert len(heard) <= self.said
        assert len(self.read) <= self.written
        if not self.is_cut:
            assert (len(heard), len(self.read)) == (self.said, self.written)
            assert self.told.lost == [None]


async def play(steps: list[tuple[int, str, int]]) -> None:
    async with open_sockets() as stage:
        lines = [Line(*stage.pair(), SAID[2 * number], SAID[2 * number + 1]) for number in range(MINERS)]
        for number, what, size in steps:
            await lines[number].step(stage, what, size)
        for line in lines:
            await line.finish(stage)
            line.check()


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_each_stream_is_what_was_written(run: Callable[[Coroutine[Any, Any, None]], None]) -> None:
    @settings(max_examples=40)
    @given(STEPS)
    def in_any_order(steps: list[tuple[int, str, int]]) -> None:
        run(play(steps))

    in_any_order()
