"""The benchmarks' programs in C (load/), compiled where their sources have changed."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from powhash.build import SOURCES as POWHASH_SOURCES
from powhash.build import find_compiler
from tests.stratum_work import ROOT

SOURCES = Path(__file__).parent / "load"
PROGRAMS = ROOT / "var" / "bench" / "programs"

FLAGS = ("-O2", "-std=gnu11", "-pthread", "-Wall", "-Wextra", "-Werror", f"-I{POWHASH_SOURCES}")

_PARTS = {
    "stratum_load": ("stratum_load", "report", "tally", "miners", "figures", "json_scan"),
    "floor": ("floor", "floor_share", "json_scan"),
}
_HASHES = {"stratum_load": (), "floor": ("sha256", "sha256_ni")}  # of powhash


def program(name: str) -> Path:
    """The executable. CannotBuild where there is no compiler, CalledProcessError where it complains."""
    sources = [SOURCES / f"{part}.c" for part in _PARTS[name]]
    sources += [POWHASH_SOURCES / f"{part}.c" for part in _HASHES[name]]
    made = PROGRAMS / f"{name}-{_digest([*sources, *SOURCES.glob('*.h')])}"
    if not made.exists():
        PROGRAMS.mkdir(parents=True, exist_ok=True)
        subprocess.run([find_compiler(), *FLAGS, *map(str, sources), "-lm", "-o", str(made)], check=True)
    return made


def _digest(sources: list[Path]) -> str:
    digest = hashlib.sha256(repr(FLAGS).encode())
    for path in sorted(sources):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
