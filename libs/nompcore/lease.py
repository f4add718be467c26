"""A key that one process owns at a time, by the time to live of its bucket.

    lease = await Lease.wait(bus, LEASES, "payouts.litecoin", owner)
    async with lease:                      # renews it, releases it at the end
        while lease.held: ...

The server forgets the key `ttl_seconds` after its last change. The owner renews it every third of that, at
least every few seconds so that it soon notices who else has written the key. It counts the lease as lost when
two thirds have passed since it *began* the last renewal that succeeded: by its own clock it stops before
anybody else can start, also when it was stopped for a while or cut off.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from types import TracebackType

from nompcore import metrics
from nompcore.bucket import Bucket
from nompcore.bus import Bus
from nompcore.ending import end_tasks
from nompcore.errors import BusError, BusUnavailable
from nompcore.subject_kinds import Bucket as BucketRow

log = logging.getLogger(__name__)

WAIT_FRACTION = 10
"""Of the time to live between two looks at a lease somebody else has: the gap between leaders grows by it."""

RENEW_AT_LEAST_EVERY_SECONDS = 5.0
"""However long the lease lives: so long may two processes believe they hold a key that was overwritten."""

RETRY_SECONDS = 0.25
"""Between tries to renew while NATS does not answer."""


class Lease:
    """A lease just acquired; it is renewed inside `async with`, and released at its end."""

    def __init__(self, bucket: Bucket, key: str, value: bytes, revision: int, began: float) -> None:
        self.key = key
        self.lost = asyncio.Event()
        self._bucket = bucket
        self._value = value
        self._revision = revision
        self._renew_seconds = min(bucket.ttl_seconds / 3, RENEW_AT_LEAST_EVERY_SECONDS)
        self._safe_seconds = bucket.ttl_seconds * 2 / 3
        self._held_until = began + self._safe_seconds
        self._tasks = asyncio.TaskGroup()
        self._renewing: asyncio.Task[None] | None = None

    @classmethod
    async def acquire(cls, bus: Bus, bucket: BucketRow, key: str, owner: str) -> Lease | None:
        """The lease, None while somebody else has it. Raises BusUnavailable."""
        return await cls._take(bus.bucket(bucket), key, owner)

    @classmethod
    async def wait(cls, bus: Bus, bucket: BucketRow, key: str, owner: str) -> Lease:
        """The lease, after as long as it takes until it is free and NATS answers."""
        store = bus.bucket(bucket)
        while True:
            try:
                if lease := await cls._take(store, key, owner):
                    return lease
            except BusUnavailable as error:
                log.debug("cannot ask for a lease", extra={"key": key, "reason": str(error)})
            await asyncio.sleep(store.ttl_seconds / WAIT_FRACTION)

    @classmethod
    async def _take(cls, store: Bucket, key: str, owner: str) -> Lease | None:
        # The random part tells this lease from an earlier one of a process with the same name.
        value = f"{owner} {secrets.token_hex(8)}".encode()
        began = time.monotonic()
        revision = await store.create(key, value)
        return None if revision is None else cls(store, key, value, revision, began)

    @property
    def held(self) -> bool:
        """Whether nobody else can have the lease now. Ask again before each irrevocable step."""
        return not self.lost.is_set() and time.monotonic() < self._held_until

    async def regain(self) -> Lease | None:
        """The lease once more after it was lost, None when somebody else took it. Raises BusUnavailable."""
        began = time.monotonic()
        entry = await self._bucket.get(self.key)
        if entry is None:
            revision = await self._bucket.create(self.key, self._value)
        elif entry.value == self._value:
            revision = await self._bucket.update(self.key, self._value, entry.revision)
        else:
            revision = None
        return None if revision is None else Lease(self._bucket, self.key, self._value, revision, began)

    async def release(self) -> None:
        """Gives the lease up; others can have it at once. Does nothing to a lease that was lost."""
        was_held = self.held
        self._end()
        if was_held:
            # without an answer the key ends by its time to live
            with contextlib.suppress(BusUnavailable):
                await self._bucket.delete(self.key, self._revision)

    async def __aenter__(self) -> Lease:
        await self._tasks.__aenter__()
        self._renewing = self._tasks.create_task(self._renew_until_lost(), name=f"lease {self.key}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._renewing is not None:
            await end_tasks([self._renewing])
        # the body's own error is raised as it is, not inside a group
        await self._tasks.__aexit__(None, None, None)
        await self.release()

    async def _renew_until_lost(self) -> None:
        try:
            async with asyncio.timeout_at(self._deadline()) as expiry:
                while True:
                    await asyncio.sleep(self._renew_seconds)
                    await self._renew()
                    expiry.reschedule(self._deadline())
        except (TimeoutError, BusError) as error:
            self._end()
            metrics.LEASES_LOST.labels(self._bucket.name).inc()
            log.warning("lease lost", extra={"key": self.key, "reason": str(error) or "not renewed in time"})

    async def _renew(self) -> None:
        """Repeats until NATS answers; the caller's deadline ends that. BusError when it is another's."""
        while True:
            began = time.monotonic()
            try:
                revision = await self._bucket.update(self.key, self._value, self._revision)
                if revision is not None:
                    self._revision, self._held_until = revision, began + self._safe_seconds
                    return
                await self._find_own_revision()
            except BusUnavailable as error:
                log.info("cannot renew a lease", extra={"key": self.key, "reason": str(error)})
                await asyncio.sleep(RETRY_SECONDS)

    async def _find_own_revision(self) -> None:
        """An unanswered renewal may have been done: the key is still ours then, at an unknown revision."""
        entry = await self._bucket.get(self.key)
        if entry is None or entry.value != self._value:
            raise BusError("the lease belongs to somebody else")
        if entry.revision == self._revision:
            raise BusUnavailable("the last change is not visible yet")
        self._revision = entry.revision

    def _deadline(self) -> float:
        """The end of safety on the event loop's clock."""
        return asyncio.get_running_loop().time() + self._held_until - time.monotonic()

    def _end(self) -> None:
        self._held_until = 0.0
        self.lost.set()
