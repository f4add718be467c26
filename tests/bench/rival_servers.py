"""What the pool is measured beside: floors of this repository, and any server that a command starts."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psutil

from tests.bench.c_programs import program
from tests.bench.json_child import JsonChild, json_child
from tests.bench.load_generator import Target
from tests.servers import wait_until
from tests.servers.process import accepts

C_FLOOR, C_CHECK = "C", "C + check"
PYTHON_FLOOR, PYTHON_CHECK = "Python", "Python + check"
FLOORS = (C_FLOOR, C_CHECK, PYTHON_FLOOR, PYTHON_CHECK)

PEER_STARTS_WITHIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Peer:
    """Somebody else's server: how it is started, where it listens, and how its miners call themselves.

    `new_block` is a command that changes the tip of its daemon, which adds a line to the file `births`: the
    block's hash as mining.notify writes it, and when it was born in nanoseconds of the monotonic clock.
    """

    name: str
    command: str
    port: int
    user: str
    new_block: str = ""
    births: str = ""


@asynccontextmanager
async def floor(name: str) -> AsyncIterator[Target]:
    """One of `FLOORS`, running."""
    options = ["--check"] if name in (C_CHECK, PYTHON_CHECK) else []
    if name in (PYTHON_FLOOR, PYTHON_CHECK):
        async with json_child("tests.bench.floor_server", *options) as child:
            yield Target((await child.hear())["port"], (child.pid,))
        return
    process = await asyncio.create_subprocess_exec(
        str(program("floor")), *options, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    child = JsonChild(process)
    try:
        yield Target((await child.hear())["port"], (child.pid,))
    finally:
        await child.end()


@asynccontextmanager
async def peer_server(peer: Peer) -> AsyncIterator[Target]:
    """The command in a group of processes of its own, all of which count, until it is ended with SIGTERM."""
    process = await asyncio.create_subprocess_exec(*shlex.split(peer.command), start_new_session=True)
    try:
        await wait_until(
            lambda: accepts(peer.port), seconds=PEER_STARTS_WITHIN_SECONDS, what=f"{peer.command} listens"
        )
        children = psutil.Process(process.pid).children(recursive=True)
        yield Target(peer.port, (process.pid, *(child.pid for child in children)), peer.user)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        await process.wait()
