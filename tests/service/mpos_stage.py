"""A pool in MPOS mode: NATS, Valkey, MariaDB with MPOS's tables, payouts, and stratum where a test starts it.

The test plays the rest: jobmaker, the miners, and MPOS itself.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from nompcore.bus import Bus
from nompcore.messages import BlockSubmitted, PoolSnapshot, RejectCount, Share
from nompcore.subjects import BLOCK_SUBMITTED, LEASES, SHARE_BATCH, STATS, pool_key
from tests.servers import NatsServer, ValkeyServer, wait_until
from tests.servers.mariadb import MariaDb
from tests.servers.payouts_process import PayoutsProcess
from tests.stratum_client import Clients
from tests.stratum_process import StratumProcess
from tests.stratum_work import POOL
from tests.unit.payouts_samples import START_MS, block_hash, share, share_batch

DEADLINE_SECONDS = 60.0


def numbered_share(worker: str, number: int, difficulty: float = 1.0, *, block: bool = False) -> Share:
    """A share whose solution tells it from all others: its hash, or its block's."""
    one = share(
        worker, difficulty, time_ms=START_MS + 1000 * number, block=block_hash(number) if block else ""
    )
    return msgspec.structs.replace(one, hash_display=block_hash(number))


def block_outcome(number: int, status: str = "accepted") -> BlockSubmitted:
    """What jobmaker says about the block of that share."""
    return BlockSubmitted(
        pool=POOL,
        height=100 + number,
        block_hash_display=block_hash(number),
        coinbase_txid_display=block_hash(number + 1_000_000),
        worker="alice.rig1",
        address="alice",
        difficulty=1.0,
        reward_sats=50_00000000,
        time_ms=START_MS + 1000 * number,
        status=status,
    )


class MposStage:
    """What a test has at hand."""

    def __init__(
        self, directory: Path, nats: NatsServer, valkey: ValkeyServer, mpos: MariaDb, bus: Bus
    ) -> None:
        self.nats = nats
        self.mpos = mpos
        self.bus = bus
        self.clients = Clients()
        self.directory = directory / "pool"
        self.directory.mkdir()
        self.payouts = PayoutsProcess(self.directory, nats_url=nats.url, redis_url=valkey.url)
        self.configure()

    def configure(self, **keys: Any) -> StratumProcess:
        """Write the pool's file with changes to its MPOS section; a stratum process of it, not started."""
        section = {**self.mpos.section, **keys}
        return self.configure_pool(shareProcessing={"mpos": section})

    def configure_pool(self, **pool_keys: Any) -> StratumProcess:
        """Write the pool's file with these keys."""
        self.stratum = StratumProcess(self.directory, self.nats.url, **pool_keys)
        often = {"website": {"stats": {"updateInterval": 0.5}}}
        (self.directory / "config.json").write_text(json.dumps(often))
        return self.stratum

    async def publish(self, *shares: Share, rejects: Sequence[RejectCount] = ()) -> None:
        """One message of the share log."""
        batch = share_batch(shares, batch_id=uuid.uuid4().hex, pool=POOL, rejects=rejects)
        await self.bus.publish(SHARE_BATCH, batch, pool=POOL, msg_id=batch.batch_id)

    async def publish_outcome(self, number: int, status: str = "accepted") -> None:
        """jobmaker's word about a block."""
        await self.bus.publish(BLOCK_SUBMITTED, block_outcome(number, status), pool=POOL)

    def rows(self) -> list[dict[str, Any]]:
        """All of MPOS's shares, in the order of their ids."""
        return self.mpos.execute("SELECT *, UNIX_TIMESTAMP(time) AS seconds FROM shares ORDER BY id")

    def numbers(self) -> list[int]:
        """The numbers of the shares that MPOS has, in the order of their ids."""
        return [int(row["solution"], 16) for row in self.rows() if row["our_result"] == "Y"]

    async def has_rows(self, count: int) -> list[dict[str, Any]]:
        """All rows, once there are so many."""
        await self.until(lambda: len(self.rows()) >= count, f"{count} rows in MPOS")
        return self.rows()

    async def until(self, condition: Callable[[], Any], what: str) -> None:
        """Wait; a failure shows the log of payouts."""
        try:
            await wait_until(condition, seconds=DEADLINE_SECONDS, what=what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.payouts.output[-6000:]}") from None

    async def until_login(self, login: Callable[[], Awaitable[str]], expected: str) -> None:
        """Wait until a login is answered so."""

        async def answered() -> bool:
            return await login() == expected

        await self.until(answered, f"a login answered with {expected}")

    async def tallies_have(self, shares: int) -> PoolSnapshot:
        """The pool's figures, once so many shares are in them."""
        taken: list[PoolSnapshot] = []

        async def counted() -> bool:
            current = await self.bus.bucket(STATS).load(pool_key(POOL), PoolSnapshot)
            if current is None or current.valid_shares < shares:
                return False
            taken.append(current)
            return True

        await self.until(counted, f"{shares} shares in the tallies")
        return taken[-1]

    async def end_lease(self) -> None:
        """A killed process's lease would end by itself after ten seconds."""
        await self.bus.bucket(LEASES).delete(f"payouts.{POOL}")


@contextmanager
def mariadb() -> Iterator[MariaDb]:
    """A server for the tests of a module."""
    server = MariaDb()
    try:
        yield server
    finally:
        asyncio.run(server.remove())


async def fill(server: MariaDb) -> MariaDb:
    """MPOS's database as new, with two accounts, and workers of one of them."""
    await server.start()
    server.empty()
    server.execute("INSERT INTO accounts (id, username) VALUES (1, 'alice'), (2, 'bob')")
    server.execute(
        "INSERT INTO pool_worker (account_id, username, password) VALUES "
        "(1, 'alice.rig1', 'secret-one'), (1, 'alice.rig2', 'secret-two')"
    )
    return server


@asynccontextmanager
async def mpos_stage(
    directory: Path, nats: NatsServer, valkey: ValkeyServer, mpos: MariaDb
) -> AsyncIterator[MposStage]:
    """Everything but the running services."""
    bus = await Bus.connect(nats.url, service="payouts", replica="test")
    try:
        for service in ("stratum", "jobmaker", "payouts"):
            other = await Bus.connect(nats.url, service=service, replica="test-streams")
            await other.ensure()
            await other.drain()
        stage = MposStage(directory, nats, valkey, mpos, bus)
        try:
            yield stage
        finally:
            await stage.clients.close()
            await stage.stratum.end()
            await stage.payouts.kill()
    finally:
        await bus.drain()
