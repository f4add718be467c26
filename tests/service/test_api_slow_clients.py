"""Clients that take their time with a request are cut off; those that only ask often are not."""

from __future__ import annotations

import asyncio

import pytest

from services.api.serving.head_deadline import HeadDeadlineProtocol
from tests.service.api_service import running_api


class HastyProtocol(HeadDeadlineProtocol):
    """Waits less long than the real one."""

    head_seconds = 0.2


@pytest.mark.parametrize("sent", [b"", b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_a_client_that_does_not_finish_its_request_is_cut_off(nats_url: str, sent: bytes) -> None:
    async with running_api(nats_url, protocol=HastyProtocol) as api:
        reader, writing = await asyncio.open_connection("127.0.0.1", api.port)
        writing.write(sent)
        async with asyncio.timeout(30):
            assert await reader.read() == b""
        writing.close()
        await writing.wait_closed()


async def test_a_client_that_asks_again_and_again_is_not_cut_off(nats_url: str) -> None:
    async with running_api(nats_url, protocol=HastyProtocol) as api:
        for _ in range(5):
            assert (await api.client.get("/health")).status_code == 200
            await asyncio.sleep(0.1)
