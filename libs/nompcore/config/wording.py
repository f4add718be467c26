"""Turns pydantic's objections into our own lines: what was expected, what was found, which key was meant."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from nompcore.config.document import Document
from nompcore.config.problems import ConfigProblem, Loc, nearest
from nompcore.config.section import Section
from nompcore.config.shape import KEY_OF_MAP, Shape, places_of, shape_at

S = TypeVar("S", bound=Section)

# raised by our own validators: their message is already written for the operator
OWN_WORDS = frozenset({"login", "order", "source", "url"})


def parse_section(
    model: type[S], document: Document, *, is_partial: bool = False
) -> tuple[S | None, list[ConfigProblem]]:
    """The document as `model`, or a line for everything that is wrong with it.

    `is_partial`: required top-level keys may be missing, as in a set of defaults.
    """
    try:
        return model.model_validate(document.merged, by_alias=True, by_name=False), []
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False)
    unknown = [detail["loc"] for detail in details if detail["type"] == "extra_forbidden"]
    slips = {(*loc[:-1], _meant(model, loc)) for loc in unknown}
    problems = []
    for detail in details:
        loc, is_missing = detail["loc"], detail["type"] == "missing"
        is_told = is_missing and (loc in slips or (is_partial and len(loc) == 1))
        if not is_told and not document.lacks_variable(loc):
            problems.append(document.at(_place(loc), _text(detail, model, document)))
    return None, problems


def _text(detail: ErrorDetails, model: type[Section], document: Document) -> str:
    loc = detail["loc"]
    if detail["type"] == "extra_forbidden":
        return _unknown_key(model, loc)
    if detail["type"] == "missing":
        return "required, but not given"
    if detail["type"] in OWN_WORDS:
        return detail["msg"]
    if detail["type"] == "too_short":
        return "at least one is required"
    shape = shape_at(model, loc) or Shape("something else")
    return f"expected {shape.expected}, found {_found(detail['input'], shape, document, _place(loc))}"


def _place(loc: Loc) -> Loc:
    return loc[:-1] if loc[-1:] == (KEY_OF_MAP,) else loc


def _found(value: Any, shape: Shape, document: Document, loc: Loc) -> str:
    """The value as the file has it, but never a secret: not in a secret's place, not out of a variable."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "null"
    if shape.is_secret:
        return "true or false" if isinstance(value, bool) else "a number"
    if isinstance(value, str):
        return document.quoted(loc, value)
    return str(value).lower()


def _known_beside(model: type[Section], loc: Loc) -> list[str]:
    shape = shape_at(model, loc[:-1])
    return list(shape.fields()) if shape else []


def _meant(model: type[Section], loc: Loc) -> str | None:
    return nearest(str(loc[-1]), _known_beside(model, loc))


def _unknown_key(model: type[Section], loc: Loc) -> str:
    meant = _meant(model, loc)
    if meant is not None:
        return f'unknown key; did you mean "{meant}"?'
    elsewhere = list(places_of(str(loc[-1]), model))
    if elsewhere:
        return f"unknown key here; it belongs in {' or '.join(elsewhere)}"
    return f"unknown key; known here: {', '.join(sorted(_known_beside(model, loc)))}"
