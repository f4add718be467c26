"""Whatever is asked, the api answers as its OpenAPI document says: requests made up from the document.

Both what the document allows and what it forbids is asked, of pools and miners that exist and of others.
Streams are left out, which never end.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation

from tests.service.api_service import RunningApi, full_api, running_api, store_snapshots, writer
from tests.unit import api_samples as samples

STREAMS = ("/events", "/live_stats")
KNOWN = {"pool": samples.POOL, "address": samples.ADDRESS}
REQUESTS_OF_EACH = 100

Operation = APIOperation[Any, Any, Any, Any]
Request = Case[Operation]


def operations(api: RunningApi) -> list[Operation]:
    """What the document offers, but for streams."""
    schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{api.port}/openapi.json")
    offered = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    return [operation for operation in offered if not operation.path.endswith(STREAMS)]


def requests(operation: Operation) -> st.SearchStrategy[Request]:
    """Requests of a pool and a miner that exist, and of any."""
    known = {name: value for name, value in KNOWN.items() if f"{{{name}}}" in operation.path}
    kinds = [operation.as_strategy(mode, path_parameters=known or None) for mode in GenerationMode]
    return (
        st.one_of(*kinds, *(operation.as_strategy(mode) for mode in GenerationMode))
        if known
        else st.one_of(kinds)
    )


def ask(operation: Operation, *allowed: int) -> None:
    """Ask one route many times. Raises what is wrong with an answer; `allowed` are statuses from 500 on."""

    @seed(0)
    @settings(
        max_examples=REQUESTS_OF_EACH,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=requests(operation))
    def check(case: Request) -> None:
        response = case.call_and_validate(excluded_checks=[not_a_server_error])
        assert response.status_code in (*range(500), *allowed), response.text

    check()


@pytest.mark.timeout(300)
async def test_every_answer_is_one_that_the_document_names(nats_url: str) -> None:
    async with full_api(nats_url) as api:
        offered = await asyncio.to_thread(operations, api)
        for operation in offered:
            await asyncio.to_thread(ask, operation)

    assert len(offered) > 15


@pytest.mark.timeout(300)
async def test_without_payouts_as_well(nats_url: str) -> None:
    async with writer(nats_url) as bus:
        await store_snapshots(bus)
    async with running_api(nats_url) as api:
        await api.gatherer.gather()
        for operation in await asyncio.to_thread(operations, api):
            await asyncio.to_thread(ask, operation, 503)
