"""A section of a config file as a model, and a key: its spelling, unit, meaning and whether it has an effect.

What a key says about itself is all there is: validation, warnings about keys without effect and the tables of
`docs/configuration.md` are derived from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo


class Section(BaseModel):
    """An object in a config file. Code names the fields, files use the keys; nothing else is accepted."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True, hide_input_in_errors=True
    )

    @property
    def in_use(self) -> bool:
        """Whether the section asks for something; a section without `enabled` always does."""
        return bool(getattr(self, "enabled", True))


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What `key` was told about a key."""

    unit: str
    inactive: str
    environment: str
    ours: bool


def key(
    spelling: str,
    meaning: str,
    *,
    unit: str = "",
    inactive: str = "",
    environment: str = "",
    ours: bool = False,
) -> Any:
    """Describes a field, as metadata of `Annotated`.

    `inactive`: why setting the key has no effect in this version. `environment`: the variable that decides
    instead, so that only a different value deserves a warning. `ours`: the key is not one of NOMP's.
    """
    info: JsonDict = {"unit": unit, "inactive": inactive, "environment": environment, "ours": ours}
    return Field(alias=spelling, description=meaning, json_schema_extra=info)


def spelling_of(field: FieldInfo) -> str:
    """The key as files spell it."""
    if field.alias is None:
        raise TypeError("every field of a Section is described by key()")
    return field.alias


def info_of(field: FieldInfo) -> KeyInfo:
    """What `key` was told about the field."""
    extra = field.json_schema_extra
    if not isinstance(extra, dict):
        raise TypeError("every field of a Section is described by key()")
    return KeyInfo(
        unit=str(extra["unit"]),
        inactive=str(extra["inactive"]),
        environment=str(extra["environment"]),
        ours=bool(extra["ours"]),
    )
