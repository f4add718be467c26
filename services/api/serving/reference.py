"""The API reference of `/docs`: the OpenAPI document flattened for a template.

FastAPI's own page loads a viewer from a foreign host, which our content security policy forbids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]  # JSON of OpenAPI 3.1


@dataclass(frozen=True, slots=True)
class Described:
    """A parameter or field; `place` is "path" or "query" for parameters."""

    name: str
    type: str
    description: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and the object it comes with, if it has a name."""

    status: str
    model: str


@dataclass(frozen=True, slots=True)
class Operation:
    """A method on a path."""

    method: str
    path: str
    summary: str
    description: str
    parameters: list[Described]
    answers: list[Answer]


@dataclass(frozen=True, slots=True)
class Object:
    """A named object."""

    name: str
    description: str
    fields: list[Described]


@dataclass(frozen=True, slots=True)
class Reference:
    """The whole API."""

    version: str
    operations: list[Operation]
    models: list[Object]


def build_reference(document: Document) -> Reference:
    """The reference of an OpenAPI document."""
    operations = [
        _operation(method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    schemas = document.get("components", {}).get("schemas", {})
    models = [_object(name, schema) for name, schema in schemas.items() if "properties" in schema]
    return Reference(document["info"]["version"], operations, models)


def _operation(method: str, path: str, operation: Document) -> Operation:
    return Operation(
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        parameters=[
            Described(p["name"], _type(p["schema"]), p.get("description", ""), p["in"])
            for p in operation.get("parameters", [])
        ]
        + _body(operation),
        answers=[Answer(status, _model(answer)) for status, answer in operation["responses"].items()],
    )


def _body(operation: Document) -> list[Described]:
    """The object that is sent, where one is."""
    model = _model(operation.get("requestBody", {}))
    return [Described("JSON", model, "", "body")] if model else []


def _object(name: str, schema: Document) -> Object:
    fields = [
        Described(field, _type(described), described.get("description", ""))
        for field, described in schema["properties"].items()
    ]
    return Object(name, schema.get("description", ""), fields)


def _model(answer: Document) -> str:
    for content in answer.get("content", {}).values():
        return _reference_name(content.get("schema", {}))
    return ""


def _type(schema: Document) -> str:
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(map(_type, choices))
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    if isinstance(values := schema.get("additionalProperties"), dict):
        return f"object of {_type(values)}"
    return _reference_name(schema) or schema.get("format") or schema.get("type", "any")


def _reference_name(schema: Document) -> str:
    return str(schema.get("$ref", "")).rsplit("/", 1)[-1]
