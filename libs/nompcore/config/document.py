"""One config file as read: JSON with comments, variables replaced, and every value traceable to its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import json5

from nompcore.config.problems import ConfigProblem, Findings, Loc, key_path
from nompcore.config.substitution import Substitution

# how the json5 package words a syntax error
_SYNTAX = re.compile(r"<string>:(\d+) (.*) at column (\d+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Document:
    """A file, or a part of one below `above`, with the document its missing keys come from.

    `origins` and `unresolved` are those of `Substitution`.
    """

    file: str
    tree: Mapping[str, Any]
    origins: Mapping[Loc, str]
    unresolved: Mapping[Loc, str]
    above: Loc = ()
    defaults: Document | None = None

    @property
    def merged(self) -> dict[str, Any]:
        """The tree with the top-level keys it lacks taken from the defaults."""
        return {**(self.defaults.merged if self.defaults else {}), **self.tree}

    def part(self, key: str) -> Document | None:
        """The object below a top-level key; None where there is none."""
        tree = self.tree.get(key)
        if not isinstance(tree, dict):
            return None
        return replace(
            self,
            tree=tree,
            origins=_below(key, self.origins),
            unresolved=_below(key, self.unresolved),
            above=(*self.above, key),
        )

    def at(self, loc: Loc, text: str) -> ConfigProblem:
        """A problem of the value at `loc`, wherever the value came from."""
        owner = self._owner(loc)
        return ConfigProblem(owner.file, key_path(owner.above + loc), text)

    def quoted(self, loc: Loc, text: str) -> str:
        """A text of the file in quotes; one that came out of a variable is not shown, it may be a secret."""
        origin = self._owner(loc).origins.get(loc)
        return f'"{text}"' if origin is None else f"the value of {origin}"

    def lacks_variable(self, loc: Loc) -> bool:
        """Whether the value at `loc`, or what holds it, could not be resolved."""
        unresolved = self._owner(loc).unresolved
        return any(loc[:end] in unresolved for end in range(1, len(loc) + 1))

    def missing_variables(self) -> list[ConfigProblem]:
        """A problem for each text that could not be resolved."""
        inherited = self.defaults.missing_variables() if self.defaults else []
        return [*inherited, *(self.at(loc, text) for loc, text in self.unresolved.items())]

    def _owner(self, loc: Loc) -> Document:
        if self.defaults and loc and loc[0] not in self.tree and loc[0] in self.defaults.tree:
            return self.defaults
        return self


def read_document(path: Path, file: str, environ: Mapping[str, str], findings: Findings) -> Document | None:
    """The file at `path`, called `file` in problems; None where it is not a JSON object."""
    tree = read_json(path, file, findings)
    if tree is None:
        return None
    substitution = Substitution(environ)
    return Document(file, substitution.apply(tree), substitution.origins, substitution.unresolved)


def read_json(
    path: Path, file: str, findings: Findings, parse_float: Callable[[str], object] = Decimal
) -> dict[str, Any] | None:
    """The object in a JSON file with comments; by default fractions are exact decimals."""
    try:
        tree = json5.loads(
            path.read_text(encoding="utf-8"), parse_float=parse_float, allow_duplicate_keys=False
        )
    except OSError as error:
        findings.problem(ConfigProblem(file, "", f"cannot be read: {error.strerror}"))
    except UnicodeDecodeError:
        findings.problem(ConfigProblem(file, "", "is not UTF-8 text"))
    except RecursionError:
        findings.problem(ConfigProblem(file, "", "is nested too deeply"))
    except ValueError as error:
        findings.problem(ConfigProblem(file, "", _syntax_text(str(error))))
    else:
        if isinstance(tree, dict):
            return tree
        findings.problem(ConfigProblem(file, "", "expected an object { … }"))
    return None


def _syntax_text(message: str) -> str:
    match = _SYNTAX.fullmatch(message)
    if match is None:
        return message[:1].lower() + message[1:]
    line, what, column = match.groups()
    return f"line {line}, column {column}: {what[:1].lower() + what[1:]}"


def _below(key: str, by_loc: Mapping[Loc, str]) -> dict[Loc, str]:
    return {loc[1:]: text for loc, text in by_loc.items() if loc[:1] == (key,) and len(loc) > 1}
