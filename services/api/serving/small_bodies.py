"""Bodies of requests: read whole before anything else is done, and neither large nor slow ones."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.serving.problem import ProblemError, problem_response

# A signed text is 2 KiB; what is a little larger is told what is wrong with it.
MAX_BODY_BYTES = 64 * 1024
READ_SECONDS = 10.0  # it comes with its head: who dawdles holds a connection


class BodyRefused(Exception):  # noqa: N818 - a state, as the answer tells it
    """A body that is not read to its end."""


class SmallBodies:
    """Answers 413 to whoever sends more, or takes its time over it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(READ_SECONDS):
                body = await whole_body(receive)
        except (BodyRefused, TimeoutError):
            problem = ProblemError(413, "body too large", f"at most {MAX_BODY_BYTES} bytes, sent at once")
            await problem_response(problem)(scope, receive, send)
            return
        await self._app(scope, replayed(body, receive), send)


async def whole_body(receive: Receive) -> bytes:
    """All of a body. Raises BodyRefused for too much of it, and when its sender has gone."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise BodyRefused("the sender has gone")
        part: bytes = message.get("body", b"")
        body += part
        if len(body) > MAX_BODY_BYTES:
            raise BodyRefused("too large")
        if not message.get("more_body"):
            return body


def replayed(body: bytes, receive: Receive) -> Receive:
    """What `receive` would give, with the body read already."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again
