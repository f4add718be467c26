"""The tables of `docs/configuration.md`, made from the models so that they cannot go stale.

`python -m nompcore.config.reference docs/configuration.md` renews them; the text around them is kept.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from nompcore.config.pool_file import PoolFile
from nompcore.config.portal_file import PortalFile
from nompcore.config.section import Section, info_of
from nompcore.config.shape import Shape, shape_of_field, shape_of_section

TABLES: dict[str, type[Section]] = {"config.json": PortalFile, "pool_configs": PoolFile}
_TABLE = re.compile(r"(<!-- keys of (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
_HEAD = "| key | value | default | meaning | in this version |\n|---|---|---|---|---|\n"


def renewed(page: str) -> str:
    """The page with each table between `<!-- keys of NAME -->` and `<!-- end -->` made anew."""
    return _TABLE.sub(lambda match: f"{match[1]}{table(TABLES[match[2]])}{match[3]}", page)


def table(root: type[Section]) -> str:
    """One row for every key of a file, as Markdown."""
    return _HEAD + "".join(_rows(shape_of_section(root), "", {}))


def _rows(shape: Shape, above: str, told: dict[type[Section], str], idle: str = "") -> Iterator[str]:
    """Rows of a section; `told` holds the sections already listed, which are only referred to.

    `idle`: the key above that has no effect, so that nothing below it has.
    """
    for spelling, field in shape.fields().items():
        path, inner = above + spelling, shape_of_field(field)
        first = told.get(inner.section) if inner.section else None
        yield _row(path, field, idle, f"; keys as in `{first}`" if first else "")
        steps = path
        while inner.items is not None:
            steps, inner = steps + (".<name>" if inner.keys else "[]"), inner.items
        if inner.section is not None and inner.section not in told:
            told[inner.section] = steps
            yield from _rows(inner, f"{steps}.", told, idle or (path if info_of(field).inactive else ""))


def _row(path: str, field: FieldInfo, idle: str, more: str) -> str:
    info = info_of(field)
    value = shape_of_field(field).expected + (f", in {info.unit}" if info.unit else "")
    state = (
        f"no effect: {info.inactive}" if info.inactive else f"no effect, like `{idle}`" if idle else "works"
    )
    if info.ours:
        state += "; not a key of NOMP"
    return f"| `{path}` | {value} | {_default(field)} | {field.description}{more} | {state} |\n"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default: Any = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(default, Section | SecretStr) or default in (None, "", {}, []):
        return ""
    if isinstance(default, float | Decimal):
        return f"{default:g}" if isinstance(default, float) else str(default)
    return f"`{json.dumps(default)}`" if isinstance(default, str) else json.dumps(default)


def main(path: Path) -> None:
    """Renews the tables of one page in place."""
    path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
