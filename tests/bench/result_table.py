"""Figures of servers beside each other: for a terminal, for a file, for docs/performance.md.

`python -m tests.bench.result_table [NAME]` prints var/bench/NAME.json, by default pool_load's, as Markdown.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.stratum_work import ROOT

RESULTS = ROOT / "var" / "bench"

Figures = dict[str, dict[str, float]]
"""Server → figure → value."""


def table(figures: Figures) -> Iterator[str]:
    """A line for each figure, a column for each server."""
    for first, *cells in _rows(figures):
        yield "  ".join([f"{first:38}", *(f"{cell:>14}" for cell in cells)]).rstrip()


def markdown(figures: Figures) -> Iterator[str]:
    """The same as Markdown."""
    head, *rows = _rows(figures)
    for cells in (head, ["---", *("---:" for _ in figures)], *rows):
        yield "| " + " | ".join(cells) + " |"


def write_results(name: str, facts: dict[str, Any], figures: Figures) -> Path:
    """As JSON; where."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    file = RESULTS / f"{name}.json"
    file.write_text(json.dumps({"facts": facts, "figures": figures}, indent=1, ensure_ascii=False) + "\n")
    return file


def _rows(figures: Figures) -> Iterator[list[str]]:
    yield ["", *figures]
    for name in dict.fromkeys(name for of_server in figures.values() for name in of_server):
        yield [name, *(_shown(of_server.get(name)) for of_server in figures.values())]


def _shown(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.2f}" if value < 1 else f"{value:.1f}"


def main() -> None:
    """Print what was measured before."""
    results = json.loads((RESULTS / f"{(sys.argv[1:] or ['pool_load'])[0]}.json").read_text())
    print(json.dumps(results["facts"]), "", *markdown(results["figures"]), sep="\n")


if __name__ == "__main__":
    main()
