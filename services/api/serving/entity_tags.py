"""ETags: whoever has an answer already gets 304 in place of the same once more."""

from __future__ import annotations

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TAGGED_PATHS = "/api/"
TAGGED_TYPES = ("application/json", "text/csv")

# Of the answer's headers, those that a 304 has too (RFC 9110, 15.4.5), beside the tag.
KEPT = ("cache-control", "vary", "link", "content-location", "date", "expires")


class EntityTags:
    """Tags every whole answer of the interface; streams pass untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not scope["path"].startswith(TAGGED_PATHS):
            await self._app(scope, receive, send)
            return
        wanted = Headers(scope=scope).get("if-none-match", "")
        await self._app(scope, receive, _Tagging(send, wanted).send)


class _Tagging:
    """Holds one answer back until it is whole."""

    def __init__(self, send: Send, wanted: str) -> None:
        self._send = send
        self._wanted = wanted
        self._start: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        """Take the next part of the answer."""
        if message["type"] == "http.response.start" and _is_tagged(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._send_whole(self._start)

    async def _send_whole(self, start: Message) -> None:
        headers = MutableHeaders(scope=start)
        tag = entity_tag(self._body)
        headers["etag"] = tag
        headers.setdefault("cache-control", "no-cache")  # keep it, and ask whether it still holds
        if matches(self._wanted, tag):
            kept = [(name, value) for name, value in start["headers"] if name.decode() in (*KEPT, "etag")]
            await self._send({"type": "http.response.start", "status": 304, "headers": kept})
            await self._send({"type": "http.response.body", "body": b""})
            return
        await self._send(start)
        await self._send({"type": "http.response.body", "body": self._body})


def entity_tag(body: bytes) -> str:
    """The tag of an answer: equal bytes, equal tags."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def matches(wanted: str, tag: str) -> bool:
    """Whether `If-None-Match` names the tag; weakly compared, as RFC 9110 has it for this header."""
    named = [part.strip().removeprefix("W/") for part in wanted.split(",")]
    return wanted.strip() == "*" or tag in named


def _is_tagged(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    kind = headers.get("content-type", "").partition(";")[0]
    return start["status"] == 200 and kind in TAGGED_TYPES and "content-length" in headers
