"""What the models allow at each place of a file, for the wording of problems and for the documentation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from nompcore.config.problems import Loc
from nompcore.config.section import Section, spelling_of
from nompcore.config.values import Expected

KEY_OF_MAP = "[key]"
"""pydantic's mark, at the end of a place, for a problem of the key and not of its value."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A section (fixed keys), a map or list (`items`, and `keys` of a map), or a plain value."""

    expected: str
    section: type[Section] | None = None
    items: Shape | None = None
    keys: Shape | None = None
    is_secret: bool = False

    def fields(self) -> dict[str, FieldInfo]:
        """The keys of a section; none for anything else."""
        if self.section is None:
            return {}
        return {spelling_of(field): field for field in self.section.model_fields.values()}

    def below(self, step: str | int) -> Shape | None:
        """What may stand under a key or index; None where nothing is known."""
        if step == KEY_OF_MAP:
            return self.keys
        field = self.fields().get(str(step))
        return shape_of_field(field) if field else self.items


def shape_of_section(section: type[Section]) -> Shape:
    """The shape of a whole file."""
    return Shape("an object", section=section)


def shape_of_field(field: FieldInfo) -> Shape:
    """The shape of one key's value."""
    return _shape(field.annotation, tuple(field.metadata))


def shape_at(root: type[Section], loc: Loc) -> Shape | None:
    """What may stand at `loc`; None where the models know no such place."""
    shape: Shape | None = shape_of_section(root)
    # a problem of a map's key has the key as the last step but one: the map is what is asked
    steps = (*loc[:-2], loc[-1]) if loc and loc[-1] == KEY_OF_MAP else loc
    for step in steps:
        if shape is None:
            return None
        shape = shape.below(step)
    return shape


def places_of(key: str, root: type[Section], above: str = "") -> Iterator[str]:
    """The sections of a file that know a key, as paths with `<name>` for free keys."""
    for name, field in shape_of_section(root).fields().items():
        shape, path = shape_of_field(field), f"{above}.{name}" if above else name
        while shape.items is not None:
            path, shape = path + (".<name>" if shape.keys else "[]"), shape.items
        if shape.section is not None:
            if key in shape.fields():
                yield path
            yield from places_of(key, shape.section, path)


def _shape(annotation: Any, metadata: tuple[Any, ...]) -> Shape:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _shape(arguments[0], (*arguments[1:], *metadata))
    if origin in (Union, UnionType):
        return _shape(next(argument for argument in arguments if argument is not type(None)), metadata)
    if origin is dict:
        return Shape("an object", keys=_shape(arguments[0], ()), items=_shape(arguments[1], ()))
    if origin is list:
        return Shape("a list", items=_shape(arguments[0], ()))
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return shape_of_section(annotation)
    return _value_shape(annotation, metadata)


def _value_shape(annotation: Any, metadata: tuple[Any, ...]) -> Shape:
    said = [item.text for item in metadata if isinstance(item, Expected)]
    if get_origin(annotation) is Literal and not said:
        return Shape(_one_of([f'"{word}"' for word in get_args(annotation)]))
    return Shape(said[-1] if said else "text", is_secret=annotation is SecretStr)


def _one_of(words: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
