"""All benchmarks, one after the other: `python -m tests.bench.everything [NAME ...]`.

What each prints is in var/bench/NAME.txt as well, and the machine in var/bench/machine.json.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from pathlib import Path

from tests.bench.machine_facts import machine_facts
from tests.bench.result_table import RESULTS
from tests.stratum_work import ROOT

NAMES = (
    "pool_load", "share_cost", "attack", "tip_to_job", "ingestion", "great_round", "api_load",
    "algorithm_rates",
)  # fmt: skip


async def run(name: str) -> bool:
    """Run one and show what it prints; whether it ended well."""
    say(f"== {name} ==")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"tests.bench.{name}",
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "libs"), str(ROOT)))},
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    printed = bytearray()
    while line := await process.stdout.readline():
        printed += line
        say(line.decode().rstrip())
    write(RESULTS / f"{name}.txt", bytes(printed))
    return await process.wait() == 0


def say(line: str) -> None:
    """For whoever waits."""
    print(line, flush=True)


def write(file: Path, content: bytes) -> None:
    """Into the directory of results."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


async def main() -> None:
    """Run them; exit status 1 when one failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.everything", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"default: {', '.join(NAMES)}")
    names = parser.parse_args().names or NAMES
    facts, began = machine_facts(), time.monotonic()
    write(RESULTS / "machine.json", json.dumps(facts, indent=1).encode() + b"\n")
    failed = [name for name in names if not await run(name)]
    minutes = (time.monotonic() - began) / 60
    say(f"== {minutes:.1f} minutes on {facts['processor']}, commit {facts['commit']} ==")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    asyncio.run(main())
