"""What an order about payments has to say."""

from __future__ import annotations

from nompcore.errors import NompError


class ControlRefused(NompError):  # noqa: N818 - it says what happened, as those of nompcore.errors do
    """An order that lacks something or does not exist."""


def required(value: str, name: str) -> str:
    """A field of an order that has to be there."""
    if not value.strip():
        raise ControlRefused(f"{name} is missing")
    return value
