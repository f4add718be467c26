"""One payouts with everything around it: NATS, Valkey, a wallet; the test plays stratum and jobmaker."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from nompcore.bus import Bus
from nompcore.config import DaemonConfig
from nompcore.messages import (
    BlockSubmitted,
    Message,
    PoolSnapshot,
    Share,
    ShareBatch,
)
from nompcore.subject_kinds import Subject
from nompcore.subjects import BLOCK_SUBMITTED, LEASES, SHARE_BATCH, STATS, pool_key
from tests.servers import NatsServer, ValkeyServer, wait_until
from tests.servers.payouts_process import POOL, PayoutsProcess, write_payouts_config
from tests.service.payouts_chain import POOL_WALLET, Chain

DEADLINE_SECONDS = 60.0


class PayoutsWorld:
    """The process and its surroundings."""

    def __init__(self, process: PayoutsProcess, bus: Bus, api: Bus, chain: Chain) -> None:
        self.process = process
        self.bus = bus  # as stratum and jobmaker
        self.api = api
        self.chain = chain

    async def publish_shares(self, *shares: Share) -> None:
        """One message of the share log."""
        batch_id = uuid.uuid4().hex
        batch = ShareBatch(pool=POOL, batch_id=batch_id, replica="test", shares=list(shares))
        await self.bus.publish(SHARE_BATCH, batch, pool=POOL, msg_id=batch_id)

    async def publish_outcome(self, outcome: BlockSubmitted) -> None:
        """jobmaker's word about a block."""
        await self.bus.publish(BLOCK_SUBMITTED, outcome, pool=POOL)

    async def published(self, subject: Subject[Any], count: int) -> list[Message]:
        """Everything in a subject's stream, once it holds at least `count` messages."""
        messages: list[Message] = []
        async for batch in self.api.read(subject, POOL, 0):
            messages.extend(stored.message for stored in batch)
            if len(messages) >= count:
                break
        return messages

    def is_connected(self) -> bool:
        """Whether the test reaches NATS."""
        return self.bus.connected and self.api.connected

    async def end_lease(self) -> None:
        """A killed process's lease would end by itself after ten seconds."""
        await self.bus.bucket(LEASES).delete(f"payouts.{POOL}")

    async def mine_until(self, condition: Callable[[], bool], what: str) -> None:
        """Let the chain grow while payments wait in it, until the condition holds."""

        async def holds() -> bool:
            if condition():
                return True
            if self.payment_states().count("broadcast"):
                await self.chain.mine(1)
            return False

        await self.wait_until(holds, what)

    async def wait_until(self, condition: Callable[[], Any], what: str) -> None:
        """Wait; a failure shows the service's log."""
        try:
            await wait_until(condition, seconds=DEADLINE_SECONDS, what=what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.process.output[-6000:]}") from None

    async def snapshot_with(self, **wanted: object) -> PoolSnapshot:
        """The first snapshot with these values."""
        taken: list[PoolSnapshot] = []

        async def has_them() -> bool:
            current = await self.api.bucket(STATS).load(pool_key(POOL), PoolSnapshot)
            if current is None or any(getattr(current, name) != value for name, value in wanted.items()):
                return False
            taken.append(current)
            return True

        await self.wait_until(has_them, f"a snapshot with {wanted}")
        return taken[-1]

    def payment_states(self) -> list[str]:
        """States of all payments, the oldest first."""
        return [state for (state,) in self.process.query("SELECT state FROM payments ORDER BY created_ms")]

    def states_of_payments_to(self, address: str) -> list[str]:
        """States of the payments that an address has a part of."""
        rows = self.process.query(
            "SELECT state FROM payments JOIN payment_outputs ON payment_id = payments.id "
            f"WHERE address = '{address}' ORDER BY created_ms"
        )
        return [state for (state,) in rows]

    def confirmations(self) -> list[int]:
        """Confirmations of all blocks, the lowest first."""
        return [count for (count,) in self.process.query("SELECT confirmations FROM blocks ORDER BY height")]

    def block_statuses(self) -> list[str]:
        """Statuses of all blocks, the lowest first."""
        return [status for (status,) in self.process.query("SELECT status FROM blocks ORDER BY height")]


@asynccontextmanager
async def payouts_world(
    directory: Path, nats: NatsServer, valkey: ValkeyServer, chain: Chain, *, ledger_url: str = "",
    wallet: DaemonConfig | None = None, **payment: Any,
) -> AsyncIterator[PayoutsWorld]:  # fmt: skip
    """Everything but the running process. `payment`: keys of the pool's payment section.

    It pays from the chain's own wallet unless another one is given.
    """
    home = directory / "payouts"
    write_payouts_config(home, wallet or chain.node.config(POOL_WALLET), chain.pool_address, **payment)
    process = PayoutsProcess(home, nats_url=nats.url, redis_url=valkey.url, ledger_url=ledger_url)
    bus = await Bus.connect(nats.url, service="stratum", replica="test")
    api = await Bus.connect(nats.url, service="api", replica="test")
    try:
        await bus.ensure()
        await api.ensure()
        yield PayoutsWorld(process, bus, api, chain)
    finally:
        await process.kill()
        await api.drain()
        await bus.drain()
