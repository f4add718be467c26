"""What the publication of a small batch of shares costs the publishing process: see `--help`.

By the bus, by the NATS client's own `publish` and `publish_async`, and the least under uvloop: one write and
one answer on a bare connection. JetStream flushes each message to disk.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import cast

import uvloop
from nats.js.api import Header

from nompcore import messages as m
from nompcore import subjects
from nompcore.bus import Bus
from nompcore.wire import encode
from tests.servers import NatsServer
from tests.stratum_work import ADDRESS, POOL

SHARES = 3
"""Of a batch at 1,000 shares a second."""

MESSAGES = 1500
REPETITIONS = 5
SUBJECT = subjects.SHARE_BATCH.of(POOL)

Publish = Callable[[m.ShareBatch], Awaitable[object]]


class BareConnection(asyncio.Protocol):
    """Speaks as much NATS as one publication needs, and waits for one answer at a time."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[None] | None = None
        self._numbers = itertools.count(1)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Listen for answers."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(b'CONNECT {"verbose":false,"headers":true}\r\nSUB bare.* 1\r\n')

    def data_received(self, data: bytes) -> None:
        """An answer is one packet here."""
        if data.startswith(b"MSG") and self._answer is not None:
            self._answer.set_result(None)

    async def publish(self, batch: m.ShareBatch) -> None:
        """One write, one answer."""
        self._answer = asyncio.get_running_loop().create_future()
        payload, header = encode(batch), b"NATS/1.0\r\nNats-Msg-Id: %b\r\n\r\n" % batch.batch_id.encode()
        names = SUBJECT.encode(), next(self._numbers), len(header), len(header) + len(payload)
        self._transport.write(b"HPUB %b bare.%d %d %d\r\n%b%b\r\n" % (*names, header, payload))
        await self._answer


def batch(number: int, way: str) -> m.ShareBatch:
    """A batch nobody else has."""
    share = m.Share(
        worker=f"{ADDRESS}.rig", address=ADDRESS, difficulty=1024.0, share_difficulty=3141.59, job_id="1a2b",
        height=800_000, time_ms=1_700_000_000_000, ip="192.0.2.7", port=3032, reward_sats=312_500_000,
        network_difficulty=1e14,
    )  # fmt: skip
    return m.ShareBatch(pool=POOL, batch_id=f"{way}-{number}", replica="bench", shares=[share] * SHARES)


@asynccontextmanager
async def ways() -> AsyncIterator[dict[str, Publish]]:
    """Each way to publish, on connections of its own."""
    with tempfile.TemporaryDirectory() as name:
        nats = NatsServer(Path(name) / "nats")
        await nats.start()
        bus = await Bus.connect(nats.url, service=subjects.STRATUM, replica="bench")
        await bus.ensure()
        js, server = bus._link.js, bus._link.nc.connected_url
        assert server is not None and server.hostname and server.port
        _, bare = await asyncio.get_running_loop().create_connection(
            BareConnection, server.hostname, server.port
        )

        async def by_client_later(one: m.ShareBatch) -> None:
            await (await js.publish_async(SUBJECT, encode(one), headers={Header.MSG_ID: one.batch_id}))

        try:
            yield {
                "bus": lambda one: bus.publish(subjects.SHARE_BATCH, one, pool=POOL, msg_id=one.batch_id),
                "client: publish": lambda one: js.publish(
                    SUBJECT, encode(one), headers={Header.MSG_ID: one.batch_id}
                ),
                "client: publish_async": by_client_later,
                "bare connection": bare.publish,
            }
        finally:
            await bus.drain()
            await nats.stop()


async def compare(messages: int, repetitions: int) -> None:
    """All ways in turn, each several times; medians of microseconds."""
    spent: dict[str, list[float]] = {}
    numbers = itertools.count(1)
    async with ways() as publishers:
        for _ in range(repetitions):
            for way, publish in publishers.items():
                batches = [batch(next(numbers), way.replace(": ", "-")) for _ in range(messages)]
                before = time.process_time()
                for one in batches:
                    await publish(one)
                spent.setdefault(way, []).append((time.process_time() - before) / messages * 1e6)
    for way, figures in spent.items():
        print(f"{way:<22} {median(figures):6.1f} µs a publication")


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.publication", description=__doc__)
    parser.add_argument("--messages", type=int, default=MESSAGES, help="of each way and repetition")
    parser.add_argument("--repetitions", type=int, default=REPETITIONS)
    given = parser.parse_args()
    uvloop.run(compare(given.messages, given.repetitions))


if __name__ == "__main__":
    main()
