"""Findings for people, at most 100 columns wide, and for machines."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from deploy.operator.findings import Finding, Level, is_sound

COLUMNS = 100
_LABEL = 8  # columns of "  mend  "


def findings_text(findings: Sequence[Finding]) -> str:
    """What is wrong first, each with its remedy; then a line for each thing that is in order."""
    shown = [told for level in Level for told in _told(findings, level)]
    return "\n".join(shown).strip("\n") + f"\n\n{_sum(findings)}"


def findings_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """`ok`, and every finding with all its words."""
    return {
        "ok": is_sound(findings),
        "findings": [
            {
                "level": finding.level.value,
                "code": finding.code,
                "where": finding.where,
                "what": finding.what,
                "why": finding.why,
                "mend": finding.mend,
            }
            for finding in findings
        ],
    }


def wrapped(label: str, text: str) -> str:
    """Text beside a label, the next lines below it."""
    beside = f"  {label}".ljust(_LABEL)
    return textwrap.fill(
        text, COLUMNS, initial_indent=beside, subsequent_indent=" " * _LABEL, break_on_hyphens=False
    )


def _told(findings: Sequence[Finding], level: Level) -> list[str]:
    return [_one(finding) for finding in findings if finding.level is level]


def _one(finding: Finding) -> str:
    if finding.level is Level.FINE:
        return wrapped("ok", f"{finding.where}: {finding.what}")
    head = textwrap.fill(
        f"{finding.level.value.upper()} {finding.where}", COLUMNS, subsequent_indent="  ",
        break_on_hyphens=False,
    )  # fmt: skip
    parts = (("what", finding.what), ("why", finding.why), ("mend", finding.mend))
    return "\n".join([head, *(wrapped(label, text) for label, text in parts if text), ""])


def _sum(findings: Sequence[Finding]) -> str:
    counts = {level: sum(finding.level is level for finding in findings) for level in Level}
    words = {Level.HINT: "to consider", Level.UNCHECKED: "not checked"}
    return ", ".join(f"{count} {words.get(level, level.value)}" for level, count in counts.items())
