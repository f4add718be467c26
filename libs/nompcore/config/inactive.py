"""Keys that load but have no effect in this version: each that asks for something is named in a warning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nompcore.config.problems import Loc
from nompcore.config.section import KeyInfo, Section, info_of, spelling_of

NO_EFFECT = "has no effect in this version"


def inactive_keys(section: Section, environ: Mapping[str, str], above: Loc = ()) -> Iterator[tuple[Loc, str]]:
    """The place of each such key in a parsed file, and the reason."""
    for name, field in type(section).model_fields.items():
        if name not in section.model_fields_set:
            continue
        value, info, loc = getattr(section, name), info_of(field), (*above, spelling_of(field))
        if not info.inactive:
            yield from _below(value, environ, loc)
        elif _differs(value, field.get_default(), info, environ):
            yield from ((place, f"{NO_EFFECT}: {info.inactive}") for place in _asking(value, loc))


def _below(value: Any, environ: Mapping[str, str], loc: Loc) -> Iterator[tuple[Loc, str]]:
    for place, section in _sections(value, loc):
        yield from inactive_keys(section, environ, place)


def _differs(value: Any, default: Any, info: KeyInfo, environ: Mapping[str, str]) -> bool:
    if info.environment:
        return value is not None and str(value) != environ.get(info.environment)
    return bool(value != default)


def _asking(value: Any, loc: Loc) -> list[Loc]:
    """The sections in use below a key, or the key itself when it holds a plain value."""
    sections = _sections(value, loc)
    if not sections:
        return [] if isinstance(value, dict) else [loc]
    return [place for place, section in sections if section.in_use]


def _sections(value: Any, loc: Loc) -> list[tuple[Loc, Section]]:
    if isinstance(value, Section):
        return [(loc, value)]
    if isinstance(value, dict):
        return [((*loc, str(key)), item) for key, item in value.items() if isinstance(item, Section)]
    if isinstance(value, list):
        return [((*loc, index), item) for index, item in enumerate(value) if isinstance(item, Section)]
    return []
