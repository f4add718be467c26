"""Every secret that the configuration holds, wherever in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from pydantic import BaseModel, SecretStr


def secrets_of_config(value: object) -> set[str]:
    """The texts of all `SecretStr` in it; none of None."""
    return {secret for secret in _found(value) if secret}


def _found(value: object) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _found(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _found(item)
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _found(getattr(value, name))
    elif is_dataclass(value):
        for field in fields(value):
            yield from _found(getattr(value, field.name))
