"""A campaign: `python -m tests.fuzz INPUTS` fuzzes every target, and keeps what reached something new.

Needs atheris (`make fuzz` installs it). Logs, and inputs that broke something, are left in var/fuzz/TARGET.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.corpus import keep, kept_inputs, packed, unpack
from tests.fuzz.targets import TARGETS

FOLDER = Path(__file__).resolve().parents[2] / "var" / "fuzz"
RSS_LIMIT_MB = 256  # four times what a target takes in the beginning
INPUT_SECONDS = 5  # an input that takes longer is a failure; the usual one takes less than a millisecond

_STATISTIC = re.compile(r"^stat::(\w+):\s+(\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one target."""

    target: str
    passed: bool
    inputs: int
    peak_rss_mb: int


def fuzz(name: str, inputs: int) -> Result:
    """Run one target."""
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    unpack(kept_inputs(TARGETS[name].corpus), folder / "corpus")
    options = [f"-runs={inputs}", f"-rss_limit_mb={RSS_LIMIT_MB}", f"-timeout={INPUT_SECONDS}"]
    passed = _fuzzer(folder, "log", name, *options, "-print_final_stats=1", "corpus")
    statistics = dict(_STATISTIC.findall((folder / "log").read_text(errors="replace")))
    return Result(
        name,
        passed,
        int(statistics.get("number_of_executed_units", 0)),
        int(statistics.get("peak_rss_mb", 0)),
    )


def keep_found(name: str) -> None:
    """Of what was kept and what was found, as few inputs as reach everything."""
    folder = FOLDER / name
    (folder / "fewest").mkdir()
    if not _fuzzer(folder, "merge.log", name, "-merge=1", "fewest", "corpus"):
        sys.exit(f"cannot merge the corpus: see {folder / 'merge.log'}")
    keep(name, packed(folder / "fewest"))


def _fuzzer(folder: Path, log: str, *arguments: str) -> bool:
    with (folder / log).open("wb") as output:
        command = [sys.executable, "-m", "tests.fuzz.fuzzer", *arguments]
        return subprocess.run(command, cwd=folder, stdout=output, stderr=output, check=False).returncode == 0


def main() -> None:
    """Fuzz all, then say how much and whether something broke."""
    total = int(sys.argv[1])
    with ThreadPoolExecutor(os.cpu_count()) as processes:
        shares = [total * target.share_percent // 100 for target in TARGETS.values()]
        results = list(processes.map(fuzz, TARGETS, shares))
    for result in results:
        verdict = "nothing broke" if result.passed else f"BROKE: see {FOLDER / result.target / 'log'}"
        print(f"{result.target:12} {result.inputs:10} inputs, {result.peak_rss_mb} MB at most, {verdict}")
    print(f"{'all':12} {sum(result.inputs for result in results):10} inputs")
    if not all(result.passed for result in results):
        sys.exit(1)
    for name, target in TARGETS.items():
        if target.corpus == name:
            keep_found(name)


if __name__ == "__main__":
    main()
