"""A feed's events as server-sent events and as WebSocket messages, and the ids that come back. Pure."""

from __future__ import annotations

from services.api.feeds.feed import FeedEvent

RETRY_MS = 5000
"""How long a browser waits before it comes back."""

SSE_HEAD = b"retry: %d\n\n" % RETRY_MS
SSE_HEARTBEAT = b":\n\n"

MAX_ID_DIGITS = 16


def sse_text(event: FeedEvent) -> bytes:
    """One server-sent event; a comment for a heartbeat."""
    if not event.kind:
        return SSE_HEARTBEAT
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.id, event.kind.encode(), event.data)


def websocket_text(event: FeedEvent) -> str:
    """The same as one JSON object with `id`, `event` and `data`."""
    return f'{{"id":{event.id},"event":"{event.kind}","data":{event.data.decode()}}}'


def last_event_id(text: str | None) -> int | None:
    """What a listener says it heard last; None for nothing and for what was never an id of ours."""
    if not text or len(text) > MAX_ID_DIGITS or not (text.isascii() and text.isdigit()):
        return None
    return int(text)
