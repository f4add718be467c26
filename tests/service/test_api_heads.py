"""What a client may keep the api waiting with: heads without end, and requests without number."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.api.serving.head_deadline import MAX_HEAD_BYTES, MAX_PIPELINED, HeadDeadlineProtocol
from tests.service.api_service import RunningApi, running_api

REQUEST = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
PIECE = b"X-Long: " + b"x" * 4000 + b"\r\n"


@pytest.fixture
async def api(nats_url: str) -> AsyncIterator[RunningApi]:
    async with running_api(nats_url) as running:
        yield running


async def heard(api: RunningApi, sent: bytes) -> bytes:
    """Everything it says until it closes the connection."""
    reader, writing = await asyncio.open_connection("127.0.0.1", api.port)
    said = b""
    try:
        async with asyncio.timeout(30):
            writing.write(sent)
            await writing.drain()
            said = await reader.read()
    except ConnectionError:
        pass  # closed while we wrote
    finally:
        writing.close()
    return said


class PatientProtocol(HeadDeadlineProtocol):
    """Waits for ever: only the length can be too much."""

    head_seconds = 3600.0


async def test_a_head_that_is_too_long_is_not_read_to_its_end(nats_url: str) -> None:
    head = REQUEST.removesuffix(b"\r\n") + PIECE * (8 * MAX_HEAD_BYTES // len(PIECE))
    async with running_api(nats_url, protocol=PatientProtocol) as api:
        assert await heard(api, head) == b""


async def test_some_requests_at_once_are_all_answered(api: RunningApi) -> None:
    last = REQUEST.replace(b"Host", b"Connection: close\r\nHost")
    said = await heard(api, REQUEST * (MAX_PIPELINED - 1) + last)
    assert said.count(b"HTTP/1.1 200") == MAX_PIPELINED


async def test_requests_without_number_at_once_are_refused(api: RunningApi) -> None:
    said = await heard(api, REQUEST * 1000)
    assert said.count(b"HTTP/1.1 200") <= MAX_PIPELINED + 1
    assert (await api.client.get("/health")).status_code == 200
