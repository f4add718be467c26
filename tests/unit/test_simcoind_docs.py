"""The pages of the two tools name every option, call and fault that there is, and no others."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

import cpuminer.__main__
import simcoind.options
from simcoind.faults import FaultKind
from simcoind.rpc.table import HANDLERS
from tests.unit.chain_samples import ROOT

SIMCOIND = (ROOT / "docs" / "simcoind.md").read_text()
CPUMINER = (ROOT / "docs" / "cpuminer.md").read_text()


def section(page: str, title: str) -> str:
    """The text under a heading."""
    _, _, rest = page.partition(f"## {title}\n")
    return rest.partition("\n## ")[0]


def quoted(text: str, pattern: str) -> set[str]:
    """All words in backticks that fit a pattern."""
    return set(re.findall(rf"`({pattern})`", text))


def test_every_call_is_on_the_page() -> None:
    named = quoted(section(SIMCOIND, "Calls"), "[a-z]+") | quoted(
        section(SIMCOIND, "Control calls"), "sim_[a-z]+"
    )

    assert named == set(HANDLERS)


def test_every_fault_is_on_the_page() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| ", section(SIMCOIND, "Control calls").partition("| kind |")[2], re.MULTILINE
    )

    assert set(rows) == {kind.value for kind in FaultKind}


@pytest.mark.parametrize(
    ("page", "parse"),
    [(SIMCOIND, simcoind.options.parse_options), (CPUMINER, cpuminer.__main__.parse_options)],
    ids=["simcoind", "cpuminer"],
)
def test_every_option_is_on_its_page(
    page: str, parse: Callable[[list[str]], object], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"])
    told = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}

    assert quoted(page, "--[a-z-]+") == told
