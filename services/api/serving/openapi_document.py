"""The OpenAPI document of this service: FastAPI's, with what it cannot know of us.

Errors are problem documents, every answer has an example, and every route can answer 304 and 429.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from services.api.serving.problem import PROBLEM_TYPE

Document = dict[str, Any]

EXAMPLES = Path(__file__).parent / "examples.json"
"""Path → what a pool of the tests answers there; `python -m tests.service.api_examples` makes it."""

PROBLEM = {"$ref": "#/components/schemas/ProblemDocument"}

DESCRIPTION = """Figures, blocks, payments and miners of the pools of this portal. `/api/v1` is versioned:
fields are only added. `/api/…` beside it is what NOMP and its forks answer.

What is changed is changed by `POST`, with a text that the owner of a payout address has signed.

Amounts come as integers of the coin's smallest unit and as decimal text. Whoever asks too often gets 429
with `Retry-After`. Every answer has an `ETag`: send it back as `If-None-Match`. WebSockets with the same
events as the live feeds are at `/api/v1/ws`, `/api/v1/pools/{pool}/ws` and
`/api/v1/pools/{pool}/miners/{address}/ws`."""

EVERYWHERE = {
    "304": {"description": "You have it already"},
    "429": {
        "description": "Too many requests; see `Retry-After`",
        "content": {PROBLEM_TYPE: {"schema": PROBLEM}},
    },
}


def describe(app: FastAPI) -> None:
    """Have `app.openapi()` answer the document."""
    plain = app.openapi

    @cache
    def openapi() -> Document:
        return completed(plain(), examples())

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend the document


def examples() -> Document:
    """Path → the example of its answer."""
    found: Document = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    return found


def completed(document: Document, known: Document) -> Document:
    """The document with problems, examples and what holds everywhere."""
    document["info"]["description"] = DESCRIPTION
    for method, path, operation in operations(document):
        responses = operation["responses"]
        for status, response in responses.items():
            if status >= "400" and not _is_health(path, status):
                response["content"] = {PROBLEM_TYPE: {"schema": PROBLEM}}
        for content in success_of(operation).get("content", {}).values():
            if path in known:
                content["example"] = known[path]["body"]
        responses.update(of_every(method))
    for unused in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(unused, None)
    return document


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Every method and path, with what is done there."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def of_every(method: str) -> Document:
    """What every route of a method can answer: only what was asked for can be unchanged."""
    return {status: answer for status, answer in EVERYWHERE.items() if method == "get" or status != "304"}


def success_of(operation: Document) -> Document:
    """The answer to a request that was served."""
    responses: Document = operation["responses"]
    success: Document = responses["200"] if "200" in responses else responses["201"]
    return success


def _is_health(path: str, status: str) -> bool:
    return path == "/health" and status == "503"
