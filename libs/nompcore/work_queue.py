"""A stream as a queue of work: each message to a handler, acknowledged only after it is done, until it is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from nompcore import metrics
from nompcore.backoff import redelivery_delay
from nompcore.ending import end_tasks
from nompcore.errors import BusError, BusUnavailable, ComeAgain
from nompcore.link import Link, bus_errors
from nompcore.messages import Message
from nompcore.patience import Patience
from nompcore.pull import Pull
from nompcore.subject_kinds import Stream, Subject
from nompcore.wire import decode

log = logging.getLogger(__name__)

T = TypeVar("T", bound=Message)

HANDLERS = 8
"""Messages handled at the same time by one process."""

ACK_WAIT_SECONDS = 30.0
"""A message whose handler's process died comes again after this long."""

BEATS = 3
"""Times within that in which a running handler says that it goes on."""

REDELIVERY_CAP_SECONDS = 30


class WorkQueue(Generic[T]):
    """All messages of `subject`, shared by every process that names the same durable."""

    def __init__(
        self,
        link: Link,
        subject: Subject[T],
        durable: str,
        handler: Callable[[T], Awaitable[None]],
        ack_wait_seconds: float = ACK_WAIT_SECONDS,
        handlers: int = HANDLERS,
        max_unsettled: int | None = None,
    ) -> None:
        if subject.stream is None:
            raise ValueError(f"{subject.pattern} is in no stream")
        self._link = link
        self._subject = subject
        self._stream: Stream = subject.stream
        self._durable = f"{link.service}-{durable}"
        self._handler = handler
        self._ack_wait_seconds = ack_wait_seconds
        self._max_unsettled = max_unsettled
        self._free = asyncio.Semaphore(handlers)

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set, then finishes what is in hand."""
        async with asyncio.TaskGroup() as tasks:
            fetching = tasks.create_task(self._fetch(tasks), name=f"fetch {self._durable}")
            await stop.wait()
            await end_tasks([fetching])

    async def _fetch(self, tasks: asyncio.TaskGroup) -> None:
        patience = Patience()
        while True:
            try:
                await self._make_consumer()
                # One at a time: what is fetched but not yet handled would come again after ACK_WAIT_SECONDS.
                async with Pull(self._link, self._stream.name, self._durable, batch=1) as pull:
                    while True:
                        await self._fetch_one(pull, tasks)
                        patience.reset()
            except BusUnavailable as error:
                if patience.tries == 0:
                    log.info("work interrupted", extra={"durable": self._durable, "reason": str(error)})
                await patience.wait()

    async def _fetch_one(self, pull: Pull, tasks: asyncio.TaskGroup) -> None:
        await self._free.acquire()
        try:
            (message,) = await pull.next_batch()
        except BaseException:
            self._free.release()
            raise
        tasks.create_task(self._settle(message), name=f"{self._durable} {message.metadata.sequence.stream}")

    async def _make_consumer(self) -> None:
        """Creates the durable consumer, or finds it as it should be."""
        config = ConsumerConfig(
            name=self._durable,
            durable_name=self._durable,
            filter_subject=self._subject.wildcard,
            deliver_policy=DeliverPolicy.ALL,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=self._ack_wait_seconds,
            max_deliver=-1,
            max_ack_pending=self._max_unsettled,
        )
        async with self._link.exchange(f"make consumer {self._durable}"):
            await self._link.js.add_consumer(self._stream.name, config)

    async def _settle(self, message: Msg) -> None:
        """Handles one message and tells the server; a lost answer means it comes again."""
        try:
            async with asyncio.TaskGroup() as tasks:
                beats = tasks.create_task(self._stay_in_progress(message))
                answer = await self._attempt(message)
                beats.cancel()
            with bus_errors(f"settle a message of {self._durable}"):
                await answer()
        except BusError as error:
            log.warning(
                "a settled message will come again", extra={**self._facts(message), "reason": str(error)}
            )
        finally:
            self._free.release()

    async def _attempt(self, message: Msg) -> Callable[[], Awaitable[None]]:
        """Runs the handler; returns the answer for the server."""
        delivered = message.metadata.num_delivered
        try:
            decoded = decode(self._subject.message, message.data)
        except BusError:
            metrics.BUS_UNDECODABLE.labels(self._subject.pattern).inc()
            log.exception("undecodable message set aside", extra=self._facts(message))
            return message.term
        try:
            await self._handler(decoded)
        except ComeAgain as again:
            seconds = again.seconds  # the name `again` ends with this block
            log.info("message comes again", extra={**self._facts(message), "reason": str(again)})
            return lambda: message.nak(seconds)
        except Exception:  # whatever it is, the message stays and comes again
            metrics.BUS_HANDLER_ERRORS.labels(self._subject.pattern).inc()
            log.exception("handler failed, message comes again", extra=self._facts(message))
            return lambda: message.nak(redelivery_delay(delivered, REDELIVERY_CAP_SECONDS))
        return message.ack

    async def _stay_in_progress(self, message: Msg) -> None:
        """Keeps the server from giving the message to somebody else while its handler runs."""
        while True:
            await asyncio.sleep(self._ack_wait_seconds / BEATS)
            try:
                with bus_errors(f"keep a message of {self._durable}"):
                    await message.in_progress()
            except BusError as error:
                log.warning(
                    "cannot tell that work goes on", extra={**self._facts(message), "reason": str(error)}
                )

    def _facts(self, message: Msg) -> dict[str, object]:
        return {
            "durable": self._durable,
            "subject": message.subject,
            "sequence": message.metadata.sequence.stream,
            "delivered": message.metadata.num_delivered,
        }
