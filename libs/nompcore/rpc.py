"""Requests and answers as a NATS service (NATS ADR-32): `nats micro ls` and `nats req '$SRV.PING'` see it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

import nats.micro
from nats.micro.request import ERROR_HEADER, Request, ServiceError
from nats.micro.service import Service

from nompcore import metrics
from nompcore.errors import BusError, NompError
from nompcore.link import Link, bus_errors
from nompcore.messages import Message
from nompcore.subject_kinds import Endpoint
from nompcore.version import VERSION
from nompcore.wire import decode, encode

log = logging.getLogger(__name__)

Q = TypeVar("Q", bound=Message)
R = TypeVar("R", bound=Message)


class Rpc:
    """This process as a NATS service, and as a client of others."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._service: Service | None = None

    async def register(self) -> None:
        """Answers `$SRV.PING`, `$SRV.INFO` and `$SRV.STATS` from now on."""
        with bus_errors("register the service"):
            self._service = await nats.micro.add_service(
                self._link.nc,
                name=self._link.service,
                version=VERSION,
                metadata={"replica": self._link.replica},
            )

    async def serve(
        self, endpoint: Endpoint[Q, R], handler: Callable[[Q], Awaitable[R]], pool: str, replica: str
    ) -> None:
        """Answers requests about one pool; of all replicas that serve its subject, one gets each request."""

        async def answer(request: Request) -> None:
            reply: R = await _reply(endpoint, handler, request)
            with bus_errors(f"answer {request.subject}"):
                await request.respond(encode(reply))

        if self._service is None:
            raise BusError("not registered")
        subject = endpoint.of(pool, replica)
        with bus_errors(f"serve {subject}"):
            await self._service.add_endpoint(
                name=f"{subject.rpartition('.')[2]}-{pool}", subject=subject, handler=answer
            )
        await self._link.settle()

    async def request(
        self, endpoint: Endpoint[Q, R], message: Q, *, pool: str, replica: str, timeout_seconds: float
    ) -> R:
        """Asks whoever serves the pool. BusUnavailable, at once if nobody serves; BusError if refused."""
        subject = endpoint.of(pool, replica)
        what = f"request {subject}"
        async with self._link.exchange(what, timeout_seconds):
            reply = await self._link.nc.request(subject, encode(message), timeout=timeout_seconds)
        if reply.headers and ERROR_HEADER in reply.headers:
            raise BusError(f"{what}: {reply.headers[ERROR_HEADER]}")
        return decode(endpoint.reply, reply.data)


async def _reply(endpoint: Endpoint[Q, R], handler: Callable[[Q], Awaitable[R]], request: Request) -> R:
    """The handler's reply; its errors go to the client by name and to the log in full."""
    try:
        return await handler(decode(endpoint.request, request.data))
    except NompError as error:
        _count_failure(endpoint, request)
        raise ServiceError("400", str(error)) from error
    except Exception as error:  # a bug: the client learns that, not what
        _count_failure(endpoint, request)
        raise ServiceError("500", "internal error") from error


def _count_failure(endpoint: Endpoint[Q, R], request: Request) -> None:
    metrics.BUS_HANDLER_ERRORS.labels(endpoint.pattern).inc()
    log.exception("request failed", extra={"subject": request.subject})
