"""Answers made of live figures only: made once a gathering, and then served as they are, however many ask.

They go past the routes with all that stands around these: the sender's rate is counted here, and every site
may read them.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.serving.entity_tags import KEPT, matches
from services.api.serving.rate_limit import Gate

WANTED = b"if-none-match"

# Of the request, what would make the answer one for its sender alone.
OF_ONE_SENDER = (WANTED, b"origin")

EXPOSED = ("ETag", "Link", "Retry-After")
"""Headers that scripts of other sites may read, of these answers and of all others."""

FOR_EVERY_SITE = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", ", ".join(EXPOSED).encode()),
]

Header = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; `route` is what the metrics call it."""

    status: int
    headers: list[Header]
    body: bytes
    route: Any

    @property
    def tag(self) -> str:
        """Its ETag; empty where it has none."""
        return next((value.decode() for name, value in self.headers if name == b"etag"), "")


class KeptAnswers:
    """Stands before the routes; `revision` says whether what was kept still holds.

    Only paths of ours are kept, without a query: strangers cannot make them more.
    """

    def __init__(
        self, app: ASGIApp, paths: Container[str], revision: Callable[[], int], gate: Gate | None = None
    ) -> None:
        self._app = app
        self._gate = gate or Gate()
        self._paths = paths
        self._revision = revision
        self._kept_at = -1
        self._kept: dict[str, Answer] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not self._is_kept(scope):
            await self._app(scope, receive, send)
            return
        revision = self._revision()
        if self._kept_at != revision:
            self._kept, self._kept_at = {}, revision
        answer = self._kept.get(scope["path"])
        if answer is None or self._gate.wait_seconds(scope):  # to whom it is too soon the routes say so
            answer = await self._make(scope, receive)
        if answer.route is not None:
            scope["route"] = answer.route
        await _send_answer(answer, _wanted(scope["headers"]), send)

    def _is_kept(self, scope: Scope) -> bool:
        return scope["method"] == "GET" and not scope["query_string"] and scope["path"] in self._paths

    async def _make(self, scope: Scope, receive: Receive) -> Answer:
        """Ask the routes, for everybody: the one who asks first may have an older answer."""
        revision, parts = self._kept_at, list[Message]()

        async def collect(message: Message) -> None:
            parts.append(message)

        headers = [(name, value) for name, value in scope["headers"] if name not in OF_ONE_SENDER]
        inner = {**scope, "headers": headers}
        await self._app(inner, receive, collect)
        start, *bodies = parts
        body = b"".join(part.get("body", b"") for part in bodies)
        answer = Answer(start["status"], list(start["headers"]), body, inner.get("route"))
        if answer.status == 200 and revision == self._kept_at:
            self._kept[scope["path"]] = answer
        return answer


async def _send_answer(answer: Answer, wanted: str, send: Send) -> None:
    """The answer, or 304 to who has it."""
    status, headers, body = answer.status, answer.headers, answer.body
    if wanted and answer.tag and matches(wanted, answer.tag):
        status, body = 304, b""
        headers = [(name, value) for name, value in headers if name.decode() in (*KEPT, "etag")]
    headers = [*headers, *FOR_EVERY_SITE]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _wanted(headers: Iterable[Header]) -> str:
    return next((value.decode("latin-1") for name, value in headers if name == WANTED), "")


def kept_paths(pools: Iterable[str]) -> frozenset[str]:
    """The paths whose answers are made of live figures alone."""
    of_all = ("/", "/api/stats", "/api/pool_stats", "/api/v1/pools", "/api/v1/coins", "/api/v1/rounds")
    of_one = (path for pool in pools for path in (f"/pools/{pool}", f"/api/v1/pools/{pool}"))
    return frozenset((*of_all, *of_one))
