"""The sentences of the pages, in one file a language: `en.json` is the only one so far.

A text may hold markup of its own; the values put into it are escaped.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from markupsafe import Markup

ENGLISH = Path(__file__).parent / "en.json"


class Texts:
    """Texts by key, as `t("key", name=value)` in templates. Raises KeyError for a key that is not there."""

    def __init__(self, catalogue: Mapping[str, str]) -> None:
        self.catalogue = catalogue

    def __call__(self, key: str, **values: object) -> Markup:
        """The text with `values` in its braces."""
        text = Markup(self.catalogue[key])  # noqa: S704  (our own file)
        return text.format(**values) if values else text


def read_texts(path: Path = ENGLISH) -> Texts:
    """The texts of a language's file."""
    return Texts(json.loads(path.read_text(encoding="utf-8")))
