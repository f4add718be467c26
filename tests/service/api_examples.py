"""The examples of the API's description: what the api answers about the pool of the samples.

`python -m tests.service.api_examples` asks a running one and writes `services/api/serving/examples.json`,
which the OpenAPI document shows, and `docs/api.md` below its head. A test compares them with what the api
answers.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

import httpx

from nompcore.subjects import REPLICA_STATS
from services.api.serving.openapi_document import EXAMPLES, operations, success_of
from tests.servers import NatsServer, wait_until
from tests.service.api_service import RunningApi, full_api, writer
from tests.service.switching_portal import (
    SWITCH_NAME,
    profit_report,
    store_switch,
    switch_state,
    switching_config,
)
from tests.unit import api_samples as samples

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "api.md"

Document = dict[str, Any]

QUERIES = {
    "/api/worker_stats": samples.ADDRESS,
    "/api/v1/pools/{pool}/blocks": "offset=0&limit=1",
    "/api/v1/pools/{pool}/payments": "offset=0&limit=1",
    "/api/v1/pools/{pool}/miners": "offset=0&limit=1",
    "/api/v1/pools/{pool}/workers": "offset=0&limit=1",
    "/api/v1/pools/{pool}/miners/{address}/payments": "offset=0&limit=1",
    "/api/v1/pools/{pool}/history": "since=1763999980&points=2",
}
"""What is asked with a query."""


def target_of(path: str) -> str:
    """The request that an example answers."""
    target = path.format(pool=samples.POOL, address=samples.ADDRESS, switch=SWITCH_NAME)
    return f"{target}?{QUERIES[path]}" if path in QUERIES else target


async def gather_examples(api: RunningApi, paths: list[str]) -> Document:
    """Path → request and body; a text for what is no JSON."""
    return {path: {"request": target_of(path), "body": await _body(api, target_of(path))} for path in paths}


async def _body(api: RunningApi, target: str) -> Any:
    async with api.client.stream("GET", target) as response:
        if response.headers["content-type"].startswith("text/event-stream"):
            text = await _first_event(api, response)
        else:
            text = (await response.aread()).decode()
    await wait_until(lambda: api.portal.hub.listeners == 0, what="its seat is free")
    if response.headers["content-type"] == "application/json":
        return json.loads(text)
    return text


async def _first_event(api: RunningApi, response: httpx.Response) -> str:
    """The beginning of a stream up to the end of its first event."""
    chunks, heard = response.aiter_text(), ""
    while "data: " not in heard:
        heard += await anext(chunks)
        api.portal.hub.publish(b'data: {"time":1764000000}\n\n')
    return heard


async def examples_and_document(nats_url: str) -> tuple[Document, Document]:
    """The examples, and the OpenAPI document that tells which there are."""
    async with full_api(nats_url, switching_config()) as api:
        await store_switch(nats_url, switch_state(), profit_report())
        await api.gatherer.gather()
        async with writer(nats_url) as bus:
            await bus.send(REPLICA_STATS, samples.replica_stats(), pool=samples.POOL, replica="host-1")
            pulses = api.portal.state.pools[samples.POOL].pulses
            await wait_until(lambda: bool(pulses), what="the pulse is heard")
        document: Document = (await api.client.get("/openapi.json")).json()
        asked = [path for method, path, _ in operations(document) if method == "get"]
        return await gather_examples(api, asked), document


def api_page(head: str, found: Document, document: Document) -> str:
    """The text of `docs/api.md`, whose head people write."""
    parts = [head]
    tags: dict[str, list[str]] = {}
    for method, path, operation in operations(document):
        example = found[path] if method == "get" else _posted(path, operation, document)
        tags.setdefault(operation["tags"][0], []).append(_section(method, path, operation, example))
    for tag, sections in tags.items():
        parts += [f"## {TITLES[tag]}\n", *sections]
    return "\n".join(parts)


def page_head() -> str:
    """What people wrote: all before the first heading of the second level."""
    return PAGE.read_text(encoding="utf-8").partition("\n## ")[0].rstrip() + "\n"


TITLES = {
    "NOMP": "What NOMP answers",
    "NOMP forks": "What NOMP's forks answer",
    "v1": "/api/v1",
    "health": "Health",
}


def _posted(path: str, operation: Document, document: Document) -> Document:
    """What is sent and answered, as the document's own examples of both say."""
    sent, answer = (
        _example(content["content"]["application/json"]["schema"], document)
        for content in (operation["requestBody"], success_of(operation))
    )
    return {"request": f"{target_of(path)}\n{json.dumps(sent, ensure_ascii=False)}", "body": answer}


def _example(schema: Document, document: Document) -> Any:
    return document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]["example"]


def _section(method: str, path: str, operation: Document, example: Document) -> str:
    parameters = [
        f"* `{parameter['name']}` ({parameter['in']}): {parameter.get('description', '')}"
        for parameter in operation.get("parameters", [])
    ]
    body = example["body"]
    text = body if isinstance(body, str) else json.dumps(body, indent=1, ensure_ascii=False)
    language = "text" if isinstance(body, str) else "json"
    lines = [f"### {path}", "", operation["description"], "", *parameters, *([""] if parameters else [])]
    return "\n".join(
        [
            *lines,
            f"```http\n{method.upper()} {example['request']}\n```"
            if method != "get"
            else f"`GET {example['request']}`",
            "",
            f"```{language}",
            text.replace("\r", "").strip(),
            "```",
            "",
        ]
    )


async def main() -> None:
    """Write both files."""
    with tempfile.TemporaryDirectory() as directory:
        server = NatsServer(Path(directory))
        await server.start()
        try:
            found, document = await examples_and_document(server.url)
        finally:
            await server.stop()
    EXAMPLES.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(api_page(page_head(), found, document), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
