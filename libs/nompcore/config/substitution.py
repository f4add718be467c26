"""`${VAR}` and `${VAR:-default}` in keys and texts of a config file, so that secrets stay out of it.

A variable that is not set or empty is read from the file that `VAR_FILE` names: so containers get secrets.
The default stands in for a variable that is not set or empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nompcore.config.problems import Loc

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
_BEGIN = "${"


class _UnresolvedError(Exception):
    """A text whose variables have no value; the message is for the operator."""


@dataclass(slots=True)
class Substitution:
    """Values taken from `environ` into one file.

    `origins` tells for each changed text how the file spells it, `unresolved` what was wrong with the others.
    """

    environ: Mapping[str, str]
    origins: dict[Loc, str] = field(default_factory=dict)
    unresolved: dict[Loc, str] = field(default_factory=dict)

    def apply(self, value: Any, loc: Loc = ()) -> Any:
        """The value with every variable replaced, at any depth."""
        if isinstance(value, dict):
            return self._apply_to_object(value, loc)
        if isinstance(value, list):
            return [self.apply(item, (*loc, index)) for index, item in enumerate(value)]
        if isinstance(value, str) and _BEGIN in value:
            return self._apply_to_text(value, loc)
        return value

    def _apply_to_object(self, value: dict[str, Any], loc: Loc) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for spelling, item in value.items():
            key = self._apply_to_text(spelling, (*loc, spelling)) if _BEGIN in spelling else spelling
            if key in result:
                self.unresolved[(*loc, spelling)] = f'"{key}" stands here twice'
                continue
            result[key] = self.apply(item, (*loc, key))
        return result

    def _apply_to_text(self, text: str, loc: Loc) -> str:
        try:
            result = _VARIABLE.sub(self._value, text)
        except _UnresolvedError as error:
            self.unresolved[loc] = str(error)
            return text
        if _BEGIN in _VARIABLE.sub("", text):
            self.unresolved[loc] = "a variable is written ${NAME} or ${NAME:-default}"
            return text
        self.origins[loc] = text
        return result

    def _value(self, match: re.Match[str]) -> str:
        name, default = match.groups()
        value = self._lookup(name)
        if default is not None:
            return value or default
        if value is None:
            raise _UnresolvedError(f"the environment variable {name} is not set")
        return value

    def _lookup(self, name: str) -> str | None:
        value, path = self.environ.get(name), self.environ.get(f"{name}_FILE")
        if value or not path:
            return value
        try:
            return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise _UnresolvedError(f"the file named by {name}_FILE cannot be read: {error}") from error
