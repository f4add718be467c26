"""The API reference behind /docs."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Query

from services.api.serving.reference import Answer, Described, build_reference
from services.api.views.health_models import Health


def test_a_route_is_shown_with_its_parameters_and_answers() -> None:
    app = FastAPI(version="9")

    @app.get("/things/{name}", summary="A thing")
    async def thing(name: str, limit: Annotated[int, Query(description="rows")] = 1) -> Health:
        """What it is."""
        raise NotImplementedError

    reference = build_reference(app.openapi())

    (operation,) = reference.operations
    assert (operation.method, operation.path, operation.summary) == ("GET", "/things/{name}", "A thing")
    assert operation.description == "What it is."
    assert Described("name", "string", "", "path") in operation.parameters
    assert Described("limit", "integer", "rows", "query") in operation.parameters
    assert operation.answers[0] == Answer("200", "Health")


def test_objects_are_shown_with_the_types_of_their_fields() -> None:
    app = FastAPI(version="9")

    @app.get("/health")
    async def health() -> Health:
        raise NotImplementedError

    models = {model.name: model for model in build_reference(app.openapi()).models}

    fields = {field.name: field.type for field in models["Health"].fields}
    assert fields["pools"] == "object of PoolHealth"
    assert fields["nats_connected"] == "boolean"
    ages = {field.name: field.type for field in models["PoolHealth"].fields}
    assert ages["pool_age_seconds"] == "number or null"
