"""Peers that mean ill: `python -m tests.stratum_attackers ATTACK PORT COUNT`.

A process of its own, on loopback only, that ends with its standard input and at the latest after
`LIFE_SECONDS`. `COUNT` attackers come at once, and whoever is thrown out comes back. The first line on
standard output is the tally when all have been there; every line of standard input is answered with another.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field

import uvloop

from tests.bench.honest_miner import PROXIED_IP
from tests.bench.json_orders import orders, tell
from tests.stratum_work import ADDRESS, EASY, Solution, make_job, solve, target_of

ATTACKER_IP = "127.0.0.66"  # bans are by address, and the honest miner has another one
LIFE_SECONDS = 120.0
CONNECTING_AT_ONCE = (
    500  # a small part of the server's backlog: what is attacked is the service, not the kernel
)
REFUSED_PAUSE_SECONDS = 0.01

SUBSCRIBE = b'{"id":1,"method":"mining.subscribe","params":["x"]}\n'
AUTHORIZE = b'{"id":2,"method":"mining.authorize","params":["%b.rig","x"]}\n' % ADDRESS.encode()
LOGIN_ANSWERED = b'{"id":2,'

JOB_ID = "1"
"""What they submit is for `make_job(JOB_ID)`."""


@dataclass
class Tally:
    """What the attackers did and what was done to them."""

    connected: int = 0
    refused: int = 0  # could not connect
    cut_off: int = 0  # closed by the server
    rounds: int = 0  # of an attack that goes round: logins, volleys of shares


SMALL_WINDOW_BYTES = 4096


@dataclass
class Attacker:
    """One hostile connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    tally: Tally

    async def send(self, data: bytes) -> None:
        """Send, no faster than the socket takes it. ConnectionError when thrown out."""
        self.writer.write(data)
        await self.writer.drain()

    async def until_cut_off(self) -> None:
        """Read what comes until the server closes."""
        while await self.reader.read(65536):
            pass
        raise ConnectionResetError("closed by the server")

    async def hear(self, sign: bytes, times: int = 1) -> bytes:
        """Read until a sign has come so many times; all that was read. ConnectionError when thrown out."""
        heard = b""
        while heard.count(sign) < times:
            data = await self.reader.read(65536)
            if not data:
                raise ConnectionResetError("closed by the server")
            heard += data
        return heard


Assault = Callable[[Attacker], Awaitable[None]]


async def silence(attacker: Attacker) -> None:
    """Say nothing."""
    await attacker.until_cut_off()


async def endless_line(attacker: Attacker) -> None:
    """64 KB and no end of the line."""
    await attacker.send(b"x" * 65536)
    await attacker.until_cut_off()


async def drip(attacker: Attacker) -> None:
    """A line near the longest allowed, then byte by byte: each of them costs as much as a byte can."""
    attacker.writer.write(b"x" * 10_000)
    while not attacker.reader.at_eof():
        await attacker.send(b"x")
        await asyncio.sleep(0)  # the others' turn
    raise ConnectionResetError("closed by the server")


async def newlines(attacker: Attacker) -> None:
    """Empty lines, which no miner sends and no server answers, as fast as they are taken."""
    while not attacker.reader.at_eof():
        await attacker.send(b"\n" * 65536)
    raise ConnectionResetError("closed by the server")


async def deafness(attacker: Attacker) -> None:
    """Ask for long answers and never read them."""
    attacker.writer.transport.pause_reading()  # type: ignore[attr-defined]
    while True:
        await attacker.send(SUBSCRIBE * 100)


async def deaf_shares(attacker: Attacker) -> None:
    """Shares for a job that nobody knows, through a small window that is never read."""
    attacker.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await attacker.send(SUBSCRIBE + AUTHORIZE)
    line = submit_line(Solution("no-such-job", "00000000", "00000000", "00000000", 0))
    while True:
        await attacker.send(line * 100)


async def bad_shares(attacker: Attacker) -> None:
    """Shares that are hashed before they are refused, as fast as they are answered."""
    await attacker.send(SUBSCRIBE + AUTHORIZE)
    welcome = await attacker.hear(LOGIN_ANSWERED)
    extranonce1_hex = json.loads(welcome.splitlines()[0])["result"][1]
    volley = b"".join(submit_line(solution) for solution in _too_easy(extranonce1_hex, 32))
    while True:
        await attacker.send(volley)
        await attacker.hear(b'{"id":3,', 32)
        attacker.tally.rounds += 1


async def spoofed_proxy(attacker: Attacker) -> None:
    """Rubbish in the honest miner's name, to get it banned."""
    await attacker.send(proxy_header(PROXIED_IP) + b"rubbish\n")
    await attacker.until_cut_off()


async def new_logins(attacker: Attacker) -> None:
    """Log in, leave, come back."""
    await attacker.send(SUBSCRIBE + AUTHORIZE)
    await attacker.hear(LOGIN_ANSWERED)
    attacker.tally.rounds += 1


async def same_logins(attacker: Attacker) -> None:
    """Log in again and again."""
    while True:
        await attacker.send((SUBSCRIBE + AUTHORIZE) * 10)
        await attacker.hear(LOGIN_ANSWERED, 10)
        attacker.tally.rounds += 10


ATTACKS: dict[str, Assault] = {
    "silence": silence,
    "endless-line": endless_line,
    "drip": drip,
    "newlines": newlines,
    "deafness": deafness,
    "deaf-shares": deaf_shares,
    "bad-shares": bad_shares,
    "spoofed-proxy": spoofed_proxy,
    "new-logins": new_logins,
    "same-logins": same_logins,
}


def proxy_header(ip: str) -> bytes:
    """A PROXY header, version 1, for a miner at this address."""
    return f"PROXY TCP4 {ip} 127.0.0.1 1024 3333\r\n".encode()


def submit_line(solution: Solution) -> bytes:
    """A share of the attackers' worker."""
    call = {"id": 3, "method": "mining.submit", "params": solution.params(f"{ADDRESS}.rig")}
    return json.dumps(call, separators=(",", ":")).encode() + b"\n"


def _too_easy(extranonce1_hex: str, count: int) -> list[Solution]:
    """Shares that miss the difficulty `EASY`."""
    job, found = make_job(JOB_ID), []
    start = 0
    for _ in range(count):
        found.append(solve(job, extranonce1_hex, above=target_of(EASY), start=start))
        start = int(found[-1].nonce_hex, 16) + 1
    return found


@dataclass
class Siege:
    """All attackers of this process."""

    assault: Assault
    port: int
    count: int
    tally: Tally = field(default_factory=Tally)
    formed: asyncio.Event = field(default_factory=asyncio.Event)
    _door: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONNECTING_AT_ONCE))

    async def run(self) -> None:
        """Attack, for ever."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(self.count):
                tasks.create_task(self._persist())

    async def _persist(self) -> None:
        while True:
            try:
                await self._attack()
            except ConnectionError:
                self.tally.cut_off += 1

    async def _connect(self) -> socket.socket:
        """With its window from the start: where one shrinks, the kernel may drop acknowledgements."""
        connecting = socket.socket()
        try:
            connecting.setblocking(False)
            if self.assault is deaf_shares:
                connecting.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_WINDOW_BYTES)
            connecting.bind((ATTACKER_IP, 0))
            await asyncio.get_running_loop().sock_connect(connecting, ("127.0.0.1", self.port))
        except BaseException:
            connecting.close()
            raise
        return connecting

    async def _attack(self) -> None:
        try:
            async with self._door:
                reader, writer = await asyncio.open_connection(sock=await self._connect())
        except OSError:
            self.tally.refused += 1
            await asyncio.sleep(REFUSED_PAUSE_SECONDS)
            return
        self.tally.connected += 1
        if self.tally.connected >= self.count:
            self.formed.set()
        try:
            await self.assault(Attacker(reader, writer, self.tally))
        finally:
            writer.transport.abort()


async def main(attack: str, port: int, count: int) -> None:
    """Attack until standard input ends."""
    siege = Siege(ATTACKS[attack], port, count)
    async with asyncio.timeout(LIFE_SECONDS):
        running = asyncio.create_task(siege.run())
        await siege.formed.wait()
        tell(asdict(siege.tally))
        async for _ in orders():
            tell(asdict(siege.tally))
        running.cancel()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
